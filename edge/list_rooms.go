package edge

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// RoomList is the list of somebody's rooms.
type RoomList struct {
	Rooms    []chat.MyRoom `json:"rooms" nullable:"false"`
	Position string        `json:"position" doc:"The list is true up to here: subscribe after it to miss nothing"`
}

const (
	roomTail   = 200 // entries of one room's tail that are counted
	roomReads  = 8   // rooms whose tails are read at the same time
	lastWindow = 50  // how far back a room's last message is looked for
)

// myRooms returns the rooms of who, latest activity first: the rows, brought
// up to date from the log. One question finds the rooms that have a tail at
// all; with a persister that keeps up there are hardly any.
//
// Where the log ends is asked first and nothing after it is counted: the list
// is exact up to its position, and who subscribes there counts nothing twice.
func (e *Edge) myRooms(ctx context.Context, who chat.Principal) (RoomList, error) {
	state, err := e.Log.State(ctx, events.Chat)
	if err != nil {
		return RoomList{}, err
	}
	rooms, offset, err := e.Directory.MyRooms(ctx, who.User.ID)
	if err != nil {
		return RoomList{}, err
	}
	subjects := make([]string, len(rooms))
	for i, room := range rooms {
		subjects[i] = events.Chat.Subject(room.ID)
	}
	end := max(offset, state.Last)
	newest, err := e.Log.Last(ctx, subjects, offset)
	if err != nil {
		return RoomList{}, err
	}
	last := map[string]uint64{}
	for _, entry := range newest {
		last[entry.Subject] = entry.Seq
	}
	if err := e.addTails(ctx, who, rooms, last, offset, end); err != nil {
		return RoomList{}, err
	}
	// Rooms without a tail keep the order of the rows, behind all others.
	slices.SortStableFunc(rooms, func(a, b chat.MyRoom) int {
		return cmpDescending(last[events.Chat.Subject(a.ID)], last[events.Chat.Subject(b.ID)])
	})
	return RoomList{Rooms: listOf(rooms), Position: e.position(events.Chat, end)}, nil
}

// addTails reads the tails of the rooms that have one, a few at a time.
func (e *Edge) addTails(ctx context.Context, who chat.Principal, rooms []chat.MyRoom, last map[string]uint64, offset, end uint64) error {
	if len(last) == 0 {
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(roomReads)
	for i := range rooms {
		if last[events.Chat.Subject(rooms[i].ID)] > offset {
			group.Go(func() error { return e.addTail(ctx, who, &rooms[i], offset, end) })
		}
	}
	return group.Wait()
}

// addTail counts what the log has of one room after offset, up to end.
func (e *Edge) addTail(ctx context.Context, who chat.Principal, room *chat.MyRoom, offset, end uint64) error {
	entries, long, err := e.Log.Read(ctx, events.Chat.Subject(room.ID), offset, roomTail)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Seq > end {
			return nil
		}
		countEntry(who, room, entry)
	}
	if !long {
		return nil
	}
	// A long tail: there is more than is counted, and the last message of it
	// stands at its end.
	room.Unread = chat.UnreadCounted
	newest, err := e.Log.ReadBack(ctx, events.Chat.Subject(room.ID), offset, end+1, lastWindow)
	for _, entry := range newest {
		countEntry(who, room, entry)
	}
	return err
}

// countEntry adds one entry of the tail to what the list shows of its room.
// What came before one's own joining is not unread, and what came before one's
// return is not shown.
func countEntry(who chat.Principal, room *chat.MyRoom, entry events.Entry) {
	ev, body, ok := readable(entry)
	if !ok {
		return
	}
	switch ev.Type {
	case events.MemberJoined:
		joined, err := events.DataOf[events.MemberJoinedData](ev)
		if err != nil || joined.User.ID != who.User.ID {
			return
		}
		room.Unread, room.Mentions = 0, 0
		if joined.Again {
			room.Last = nil
		}
	case events.MessagePosted:
		room.Last = &chat.Item{Seq: entry.Seq, Event: body}
		if ev.Actor.ID == who.User.ID || entry.Seq <= room.Read {
			return
		}
		room.Unread = min(room.Unread+1, chat.UnreadCounted)
		data, err := events.DataOf[events.MessagePostedData](ev)
		if err == nil && slices.ContainsFunc(data.Mentions, func(p events.Person) bool { return p.ID == who.User.ID }) {
			room.Mentions = min(room.Mentions+1, room.Unread)
		}
	}
}

func cmpDescending(a, b uint64) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	default:
		return 0
	}
}

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
	roomReads  = 8   // rooms whose tails are read at the same time
	lastWindow = 50  // how far back a room's last message is looked for
	markWindow = 200 // and a person's newest marker, in what the tables have not
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
	rooms, offset, reads, err := e.Directory.MyRooms(ctx, who.User.ID, unreadBound)
	if err != nil {
		return RoomList{}, err
	}
	ids, subjects := make([]string, len(rooms)), make([]string, len(rooms))
	for i, room := range rooms {
		ids[i], subjects[i] = room.ID, events.Chat.Subject(room.ID)
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
	read, err := e.newerMarkers(ctx, who.User.ID, ids, reads)
	if err != nil {
		return RoomList{}, err
	}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(roomReads)
	for i := range rooms {
		seq := read[rooms[i].ID]
		if seq > rooms[i].Read || last[events.Chat.Subject(rooms[i].ID)] > offset {
			group.Go(func() error { return e.addTail(within, who, &rooms[i], seq, offset, end) })
		} else {
			show(&rooms[i], countsOf(&rooms[i]).Clipped())
		}
	}
	if err := group.Wait(); err != nil {
		return RoomList{}, err
	}
	// Rooms without a tail keep the order of the rows, behind all others.
	slices.SortStableFunc(rooms, func(a, b chat.MyRoom) int {
		return cmpDescending(last[events.Chat.Subject(a.ID)], last[events.Chat.Subject(b.ID)])
	})
	return RoomList{Rooms: listOf(rooms), Position: e.position(events.Chat, end)}, nil
}

// addTail brings a room up to date: from what the log has of it after offset, up
// to end, and from a marker that the tables have not yet.
func (e *Edge) addTail(ctx context.Context, who chat.Principal, room *chat.MyRoom, read, offset, end uint64) error {
	tally := chat.NewTally(who.User.ID, unreadBound, room.Read, countsOf(room))
	if read > room.Read {
		rows, at, err := e.Reading.Unread(ctx, who.User.ID, room.ID, read, unreadBound)
		switch {
		case isCode(err, chat.NotFound): // they left meanwhile
			return nil
		case err != nil:
			return err
		}
		tally = chat.NewTally(who.User.ID, unreadBound, read, rows)
		room.Read, offset = read, min(offset, at)
	}
	all, err := e.eachOfTail(ctx, room.ID, offset, end, func(entry events.Entry) {
		count(tally, entry)
		showLast(who, room, entry)
	})
	if err != nil {
		return err
	}
	counts, err := e.settled(ctx, room.ID, tally)
	show(room, counts)
	if all || err != nil {
		return err
	}
	// A long tail: there is more than is counted, and the last message of it
	// stands at its end.
	room.Unread = chat.UnreadCounted
	newest, err := e.Log.ReadBack(ctx, events.Chat.Subject(room.ID), offset, end+1, lastWindow)
	for _, entry := range newest {
		showLast(who, room, entry)
	}
	if err != nil || room.Last == nil {
		return err
	}
	late, err := e.amendedSince(ctx, room.ID, offset)
	if err != nil {
		room.Last = nil // it may have been deleted
		return nil
	}
	for _, a := range late.of(room.Last.Seq) {
		rewordLast(room, a)
	}
	return nil
}

// rewordLast keeps the room's last message as it reads now.
func rewordLast(room *chat.MyRoom, a amendment) {
	if room.Last != nil && room.Last.Seq == a.target {
		now, _ := chat.Amend(*room.Last, a.seq, a.ev)
		room.Last = &now
	}
}

func show(room *chat.MyRoom, c chat.Counts) {
	room.Since, room.At, room.Unread, room.Mentioned, room.Mentions = c.Since, c.At, c.Unread, c.Mentioned, len(c.Mentioned)
}

func countsOf(room *chat.MyRoom) chat.Counts {
	return chat.Counts{Since: room.Since, At: room.At, Unread: room.Unread, Mentioned: room.Mentioned}
}

// newerMarkers returns the user's markers in these rooms that the log has and
// the tables have not. They have read at least so far.
func (e *Edge) newerMarkers(ctx context.Context, user string, rooms []string, offset uint64) (map[string]uint64, error) {
	subjects := make([]string, len(rooms))
	for i, room := range rooms {
		subjects[i] = events.Reads.Subject(room)
	}
	newest, err := e.Log.Last(ctx, subjects, offset)
	if err != nil || len(newest) == 0 {
		return nil, err
	}
	read := map[string]uint64{}
	for _, last := range newest {
		entries, err := e.Log.ReadBack(ctx, last.Subject, offset, 0, markWindow)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if room, reader, seq := markerIn(entry); reader == user {
				read[room] = max(read[room], seq)
			}
		}
	}
	return read, nil
}

// markerIn reads a marker; reader is "" if it is none.
func markerIn(entry events.Entry) (room, reader string, seq uint64) {
	ev, err := entry.Event()
	if err != nil || ev.Type != events.ReadMarked || ev.Version > events.Version {
		return "", "", 0
	}
	data, err := events.DataOf[events.ReadMarkedData](ev)
	if err != nil {
		return "", "", 0
	}
	return ev.Scope, ev.Actor.ID, data.Seq
}

// showLast takes one entry of the tail for what the list shows as the room's last
// message, as it reads now. What came before one's return is not shown.
func showLast(who chat.Principal, room *chat.MyRoom, entry events.Entry) {
	ev, body, ok := readable(entry)
	if !ok {
		return
	}
	switch ev.Type {
	case events.MemberJoined:
		joined, err := events.DataOf[events.MemberJoinedData](ev)
		if err == nil && joined.User.ID == who.User.ID && joined.Again {
			room.Last = nil
		}
	case events.MessagePosted:
		room.Last = &chat.Item{Seq: entry.Seq, Event: body}
	case events.MessageEdited, events.MessageDeleted:
		if a := rewording(entry.Seq, ev); a != nil {
			rewordLast(room, *a)
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

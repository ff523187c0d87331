package edge

import (
	"context"
	"slices"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// NotificationList is a page of somebody's notifications, newest first.
type NotificationList struct {
	Items    []chat.Notification `json:"items" nullable:"false"`
	Unread   int                 `json:"unread" doc:"How many are unread in all"`
	Older    string              `json:"older,omitempty" doc:"Pass as before; absent at the end"`
	Position string              `json:"position" doc:"A stream after it (Last-Event-ID) misses nothing that follows the list"`
}

// notifyTail bounds what is read of one person's tail of notifications: the
// newest of it.
const notifyTail = 1000

// notifications returns a page: the rows up to their offset, and the log after
// it with what it says was read meanwhile.
func (e *Edge) notifications(ctx context.Context, who chat.Principal, before string, limit int) (NotificationList, error) {
	var bound uint64
	if before != "" {
		var err error
		if bound, err = e.cursor(ctx, events.Notify, "before", before); err != nil {
			return NotificationList{}, err
		}
	}
	want := limit + 1
	rows, unread, offset, err := e.Rows.Notifications(ctx, who.User.ID, bound, want)
	if err != nil {
		return NotificationList{}, err
	}
	tail, err := e.Log.ReadBack(ctx, events.Notify.Subject(who.User.ID), offset, 0, notifyTail)
	if err != nil {
		return NotificationList{}, err
	}
	items, unread := applyTail(rows, unread, offset, tail)
	changed, err := e.applyMarkers(ctx, who.User.ID, items)
	if err != nil {
		return NotificationList{}, err
	}
	unread = max(unread-changed, 0)
	list := NotificationList{Unread: unread, Position: e.position(events.Notify, max(offset, lastSeq(tail)))}
	if bound != 0 {
		items = slices.DeleteFunc(items, func(n chat.Notification) bool { return n.Seq >= bound })
	}
	if len(items) > limit {
		items = items[:limit]
		list.Older = e.position(events.Notify, items[limit-1].Seq)
	}
	list.Items = listOf(items)
	bodies := make([][]byte, len(items))
	for i := range items {
		bodies[i] = items[i].Event
	}
	for i, body := range e.withExcerpts(ctx, who.User.ID, bodies) {
		list.Items[i].Event = body
	}
	return list, nil
}

// applyTail replays the tail over the rows (newest first, true up to offset)
// and the count of unread ones. A marker for everything is exact; one for a
// room, or further back, can count only those rows that are at hand, until the
// persister has it.
func applyTail(rows []chat.Notification, unread int, offset uint64, tail []events.Entry) ([]chat.Notification, int) {
	var fresh []chat.Notification // newest first
	for _, entry := range tail {
		ev, body, ok := readable(entry)
		if !ok {
			continue
		}
		switch ev.Type {
		case events.Notified:
			fresh = slices.Insert(fresh, 0, chat.Notification{Item: chat.Item{Seq: entry.Seq, Event: body}})
		case events.NotificationRead:
			mark, err := events.DataOf[events.NotificationReadData](ev)
			if err != nil {
				continue
			}
			markAll(fresh, mark)
			if unread -= markAll(rows, mark); mark.Room == "" && mark.UpTo >= offset {
				unread = 0
			}
		}
	}
	unread = max(unread, 0)
	for _, n := range fresh {
		if !n.Read {
			unread++
		}
	}
	return append(fresh, rows...), unread
}

// markAll marks those that the marker covers and returns how many were unread.
func markAll(rows []chat.Notification, mark events.NotificationReadData) (changed int) {
	for i, n := range rows {
		if n.Read || n.Seq > mark.UpTo || !inRoom(n, mark.Room) {
			continue
		}
		rows[i].Read = true
		changed++
	}
	return changed
}

func inRoom(n chat.Notification, room string) bool {
	return room == "" || causeOf(n).Room == room
}

// causeOf returns what a notification is about; nothing if that cannot be read.
func causeOf(n chat.Notification) (data events.NotifiedData) {
	if ev, err := events.Decode(n.Event); err == nil {
		data, _ = events.DataOf[events.NotifiedData](ev)
	}
	return data
}

// applyMarkers marks as read what the user has read in its room, and returns how
// many that are: the tables know of it once they have both the notification and
// the room's read marker.
func (e *Edge) applyMarkers(ctx context.Context, user string, items []chat.Notification) (changed int, err error) {
	causes := make([]events.NotifiedData, len(items))
	var rooms []string
	for i, n := range items {
		if n.Read {
			continue
		}
		if causes[i] = causeOf(n); events.IsID(causes[i].Room) && causes[i].Seq > 0 && !slices.Contains(rooms, causes[i].Room) {
			rooms = append(rooms, causes[i].Room)
		}
	}
	if len(rooms) == 0 {
		return 0, nil
	}
	read, offset, err := e.Reading.MyMarkers(ctx, user, rooms)
	if err != nil {
		return 0, err
	}
	newer, err := e.newerMarkers(ctx, user, rooms, offset)
	if err != nil {
		return 0, err
	}
	for i, cause := range causes {
		if cause.Seq > 0 && cause.Seq <= max(read[cause.Room], newer[cause.Room]) {
			items[i].Read = true
			changed++
		}
	}
	return changed, nil
}

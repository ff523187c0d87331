package test

import (
	"strconv"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

func TestTablesThatAreRebuiltFromTheLogAreTheSame(t *testing.T) {
	w := ownTown(t) // all there is is folded again: other tests leave much
	ann, ben := w.Person("ann"), w.Person("ben")
	room, direct := ann.Creates("tea"), ann.Opens(ben)
	ben.Joins(room)
	for range 20 {
		ann.Posts(room, "look, @"+ben.Name)
		last := ben.Posts(direct, "just us")
		ann.must("mark as read", ann.MarkRead(ann.ctx(), direct, last.Seq))
	}
	if _, err := w.NATS.PublishRaw(events.Chat.Subject(room), []byte("no event")); err != nil {
		t.Fatal(err)
	}
	audit(t, w.Cluster)
	list, err := ben.Notifications(ben.ctx(), "", 10)
	ben.must("list the notifications", err)
	ben.must("mark some as read", ben.ReadNotifications(ben.ctx(), list.Items[5].Seq, ""))
	audit(t, w.Cluster)
	w.amends(room, direct)
	audit(t, w.Cluster)
	before, err := w.Contents(deadline)
	ben.must("read the tables", err)
	if erased := w.query("SELECT count(*) FROM erasures WHERE done IS NOT NULL"); erased[0][0] == "0" {
		t.Error("the log was not made to forget anything: this shows little")
	}

	w.Away(t, w.Persisters)
	ben.must("empty the tables", w.Postgres.Empty())
	whole(t, w.Cluster)
	audit(t, w.Cluster)
	after, err := w.Contents(deadline)
	ben.must("read the tables", err)
	for table, rows := range after {
		if before[table] != rows {
			t.Errorf("%s held %s, and %s when rebuilt", table, before[table], rows)
		}
	}
}

// amends edits, deletes, reacts to and pins messages of the rooms, as edges do.
func (w *Town) amends(rooms ...string) {
	w.t.Helper()
	for _, room := range rooms {
		for i, row := range w.query("SELECT seq, envelope FROM events WHERE type = 'message.posted' AND room_id = '" + room + "' ORDER BY seq") {
			seq, err := strconv.ParseUint(row[0], 10, 64)
			if err != nil {
				w.t.Fatal(err)
			}
			message, err := events.Decode([]byte(row[1]))
			if err != nil {
				w.t.Fatal(err)
			}
			data, err := events.DataOf[events.MessagePostedData](message)
			if err != nil {
				w.t.Fatal(err)
			}
			say := func(t events.Type, data any) {
				w.t.Helper()
				ev := events.New(t, chat.NewID(), room, message.Actor, time.Now(), data)
				if _, err := w.NATS.PublishRaw(ev.Subject(), ev.Encode()); err != nil {
					w.t.Fatal(err)
				}
			}
			edit := events.MessageEditedData{Key: chat.NewID(), Seq: seq, Message: message.ID, Text: "corrected", Mentions: data.Mentions}
			gone := events.MessageDeletedData{Seq: seq, Message: message.ID, Key: data.Key, User: message.Actor, Time: message.Time}
			for n, amendment := range []struct {
				t    events.Type
				data any
			}{
				{events.MessageEdited, edit},
				{events.MessageReacted, events.MessageReactedData{Seq: seq, Emoji: "👍", On: true}},
				{events.MessagePinned, events.MessagePinnedData{Seq: seq, On: true}},
				{events.MessageDeleted, gone},
				{events.MessageEdited, edit},
			} {
				if i%(n+2) == 0 || i%5 == 4 && n > 2 {
					if edit, ok := amendment.data.(events.MessageEditedData); ok {
						edit.Key, amendment.data = chat.NewID(), edit
					}
					say(amendment.t, amendment.data)
				}
			}
		}
	}
}

func (w *Town) query(statement string) [][]string {
	w.t.Helper()
	rows, err := w.Postgres.Query(statement)
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

package cluster

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

func TestAnAuditFindsEveryDifferenceBetweenLogAndTables(t *testing.T) {
	t.Parallel()
	c := servers(t)
	ann, ben := events.Person{ID: uuid.NewString(), Name: "ann"}, events.Person{ID: uuid.NewString(), Name: "ben"}
	room := uuid.NewString()
	said := func() events.Event {
		return events.New(events.MessagePosted, chat.NewID(), room, ann, time.Now(), events.MessagePostedData{Key: chat.NewID(), Text: "hi", Mentions: []events.Person{ben}})
	}
	told := func(of events.Event) events.Event {
		return events.New(events.Notified, chat.NotificationID(ben.ID, of.ID, "mention"), ben.ID, ann, time.Now(), events.NotifiedData{Kind: "mention", Room: room, Source: of.ID})
	}
	first, second := said(), said()
	for _, ev := range []events.Event{first, second, told(first), told(second)} {
		c.publish(t, ev)
	}
	c.fold(t)
	mark := events.New(events.ReadMarked, chat.NewID(), room, ben, time.Now(), events.ReadMarkedData{Seq: 2})
	c.publish(t, mark)
	c.sql(t, "INSERT INTO read_markers VALUES ('%s', '%s', 2)", room, ben.ID)
	c.stand(t)

	c.finds(t, "")
	for _, change := range []struct{ do, undo, want string }{
		{"DELETE FROM offsets", "", `stands at ""`},
		{"INSERT INTO outbox (subject, event, trace) VALUES ('x', 'x', 'x')", "DELETE FROM outbox", "wait in the outbox"},
		{"CREATE TABLE was AS SELECT * FROM events; DELETE FROM events WHERE seq = 2", "INSERT INTO events SELECT * FROM was WHERE seq = 2", "is stored as"},
		{"UPDATE events SET envelope = envelope || ' ' WHERE seq = 1", "UPDATE events SET envelope = trim(envelope)", "is stored as"},
		{"INSERT INTO events SELECT room_id, 3, '" + uuid.NewString() + "', type, actor_id, at, envelope FROM events WHERE seq = 1", "DELETE FROM events WHERE seq = 3", "the row 3 is not in the log"},
		{"INSERT INTO dead_letters VALUES ('persister-chat', 'CHAT', 'x', 1, 's', '', 'r', now())", "DELETE FROM dead_letters", "buried and stored"},
		{"UPDATE read_markers SET seq = 1", "UPDATE read_markers SET seq = 2", "the log says 2"},
		{"CREATE TABLE old AS SELECT * FROM notifications; DELETE FROM notifications WHERE seq = 1", "INSERT INTO notifications SELECT * FROM old WHERE seq = 1", "NOTIFY 1 is stored as"},
	} {
		c.sql(t, "%s", change.do)
		c.finds(t, change.want)
		if change.undo != "" {
			c.sql(t, "%s", change.undo)
		}
		c.stand(t)
	}
	c.finds(t, "")
}

func TestAnAuditFindsWhatTheNotifierOwesAndWhatCameTwice(t *testing.T) {
	t.Parallel()
	c := servers(t)
	ann, ben := events.Person{ID: uuid.NewString(), Name: "ann"}, events.Person{ID: uuid.NewString(), Name: "ben"}
	room := uuid.NewString()
	said := events.New(events.MessagePosted, chat.NewID(), room, ann, time.Now(), events.MessagePostedData{Key: chat.NewID(), Text: "hi", Direct: &ben})
	c.publish(t, said)
	c.fold(t)
	c.finds(t, "nobody was notified: direct")

	notice := events.New(events.Notified, chat.NotificationID(ben.ID, said.ID, "direct"), ben.ID, ann, time.Now(), events.NotifiedData{Kind: "direct", Room: room, Source: said.ID})
	for range 2 { // past the broker's memory of ids
		if _, err := c.NATS.PublishRaw(notice.Subject(), notice.Encode()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.NATS.PublishRaw(said.Subject(), said.Encode()); err != nil {
		t.Fatal(err)
	}
	c.stand(t)
	c.finds(t, "came twice")
	c.finds(t, "is in the log twice")
}

// finds audits and compares: a difference that contains want, or none if want
// is "".
func (c *Cluster) finds(t *testing.T, want string) {
	t.Helper()
	a, err := c.Audit(100 * time.Millisecond)
	if err == nil {
		err = a.Err()
	}
	switch {
	case want == "" && err != nil:
		t.Fatal(err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("the audit found %v, want %q", err, want)
	}
}

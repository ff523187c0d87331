package cluster

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/sql"
)

// Which differences are found is tested where they are looked for, in package
// audit.
func TestAnAuditWaitsForTheWorkersAndFindsWhatDiffers(t *testing.T) {
	t.Parallel()
	c := servers(t)
	room, ben := uuid.NewString(), events.Person{ID: uuid.NewString(), Name: "ben"}
	c.seats(t, room, ben)
	first, owed := c.said(t, room, nil), c.said(t, room, &ben)
	c.finds(t, `stands at ""`)
	c.fold(t)
	c.finds(t, "direct of "+ben.ID)
	c.publish(t, events.New(events.Notified, chat.NotificationID(ben.ID, owed.ID, "direct"), ben.ID, owed.Actor, time.Now(),
		events.NotifiedData{Kind: "direct", Room: room, Source: owed.ID, Seq: 2}))
	c.fold(t)
	c.finds(t, "")
	if e, found := c.finds(t, "").Find(owed.ID); !found || e.Seq != 2 {
		t.Errorf("the audit has the event at %d (found: %v)", e.Seq, found)
	}

	c.sql(t, "INSERT INTO outbox (subject, event, trace) VALUES ('x', 'x', 'x')")
	c.finds(t, "wait in the outbox")
	c.sql(t, "DELETE FROM outbox")
	if _, err := c.NATS.PublishRaw(first.Subject(), first.Encode()); err != nil {
		t.Fatal(err)
	}
	c.fold(t)
	c.finds(t, "twice, CHAT 3")
	c.PutTwice = map[string]bool{first.ID: true}
	c.finds(t, "")
	c.sql(t, "UPDATE events SET envelope = envelope || ' ' WHERE seq = 1")
	c.finds(t, "changed, CHAT 1")
	if err := c.Since(true); err != nil {
		t.Fatal(err)
	}
	c.finds(t, "")
}

// said publishes a message, of a direct room if it has a peer.
func (c *Cluster) said(t *testing.T, room string, peer *events.Person) events.Event {
	t.Helper()
	ev := events.New(events.MessagePosted, chat.NewID(), room, events.Person{ID: uuid.NewString(), Name: "ann"}, time.Now(),
		events.MessagePostedData{Key: chat.NewID(), Text: "hi", Direct: peer})
	c.publish(t, ev)
	return ev
}

// seats makes somebody a member, who alone is owed a notification.
func (c *Cluster) seats(t *testing.T, room string, who events.Person) {
	t.Helper()
	c.sql(t, `
		INSERT INTO users (id, name, name_key, password_hash) VALUES ('%[1]s', '%[2]s', '%[2]s', '');
		INSERT INTO rooms (id, kind, name, name_key, member_count) VALUES ('%[3]s', 'private', 'tea', 'tea', 1);
		INSERT INTO members (room_id, user_id, name_key, rev, joined) VALUES ('%[3]s', '%[1]s', '%[2]s', 1, now())`, who.ID, who.Name, room)
}

// finds audits and compares: a difference that contains want, or none if want
// is "".
func (c *Cluster) finds(t *testing.T, want string) *Audit {
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
	return a
}

// fold does what a persister does, once.
func (c *Cluster) fold(t *testing.T) {
	t.Helper()
	db, err := sql.Open(t.Context(), c.Postgres.URL(), quiet(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = c.withLog(func(ctx context.Context, l *jetstream.Log) error {
		for consumer, s := range folds {
			fold, b := db.Projection(consumer), events.Batch{Stream: s, Incarnation: l.Incarnation(s)}
			if b.From, err = fold.Offset(ctx, s, b.Incarnation); err != nil {
				return err
			}
			if b.Entries, err = entries(ctx, l, s, b.From); err != nil {
				return err
			}
			if len(b.Entries) == 0 {
				continue
			}
			b.To = b.Entries[len(b.Entries)-1].Seq
			if err := fold.Apply(ctx, b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

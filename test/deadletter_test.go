package test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

func TestWhatCannotBeAppliedIsBuriedWithItsReasonAndHoldsNothingUp(t *testing.T) {
	w := town(t)
	alice, bob := w.Person("alice").On(w.Edges[0]), w.Person("bob").On(w.Edges[1])
	room := alice.Creates("tea")
	bob.Joins(room)
	bob.Follows(room)
	alice.Posts(room, "before")
	audit(t, w.Cluster)

	nul := alice.event(room, "a NUL \x00 that PostgreSQL refuses")
	raw := map[string][]byte{
		"undecodable":       []byte("this is no event"),
		"refused":           nul.Encode(),
		"of another room":   alice.event(chat.NewID(), "lost").Encode(),
		"half a UTF-8 rune": []byte(strings.Replace(string(alice.event(room, "half").Encode()), "half", "\xc3", 1)),
		"nothing":           {},
		"a wrong payload":   []byte(strings.Replace(string(alice.event(room, "x").Encode()), `"text":"x"`, `"text":7`, 1)),
	}
	var buried []string
	for what, body := range raw {
		seq, err := w.NATS.PublishRaw(events.Chat.Subject(room), body)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		buried = append(buried, fmt.Sprint(seq))
	}
	last := alice.Posts(room, "after")
	posted := time.Now()
	w.IsStored(last.Message)
	t.Logf("what follows was stored %s after its ack", time.Since(posted))

	bob.Sees(room, "before", "after")
	bob.SawNoReset(room)
	a := audit(t, w.Cluster)
	reasons := map[string]string{}
	for _, d := range a.Dead {
		if d.Consumer == "persister-chat" {
			reasons[d.Seq] = d.Reason
		}
	}
	for _, seq := range buried {
		if reasons[seq] == "" {
			t.Errorf("CHAT %s was not buried with a reason: %v", seq, reasons)
		}
	}
	w.DeadStreamHolds(buried)
	for _, p := range []*Person{alice, bob} {
		if got := p.Reads(room); !equal(got, []string{"before", "after"}) {
			t.Errorf("%s reads %q", p.Name, got)
		}
	}
}

func TestAnUnknownEventIsCarriedThrough(t *testing.T) {
	w := town(t)
	alice, bob := w.Person("alice").On(w.Edges[0]), w.Person("bob").On(w.Edges[1])
	room := alice.Creates("tea")
	bob.Joins(room)
	bob.Follows(room)
	ev := alice.event(room, "from the future")
	ev.Type, ev.Data = "poll.opened", json.RawMessage(`{"question":"tea?"}`)
	newer := alice.event(room, "newer")
	newer.Version, newer.Data = 2, json.RawMessage(`"sealed"`)
	for _, body := range [][]byte{ev.Encode(), newer.Encode()} {
		if _, err := w.NATS.PublishRaw(events.Chat.Subject(room), body); err != nil {
			t.Fatal(err)
		}
	}
	last := alice.Posts(room, "after")
	bob.Sees(room, "after")
	bob.SeesThat(room, "poll.opened", alice)
	w.IsStored(last.Message)
	audit(t, w.Cluster)
}

func TestAnEventThatStandsTwiceInTheLogHasOneRowAndOneNotification(t *testing.T) {
	w := town(t)
	alice, bob := w.Person("alice"), w.Person("bob").On(w.Edges[1])
	room := alice.Creates("tea")
	bob.Joins(room)
	ev := alice.event(room, "twice")
	data, err := events.DataOf[events.MessagePostedData](ev)
	alice.must("read the event", err)
	data.Mentions = []events.Person{bob.User()}
	ev = events.New(ev.Type, ev.ID, ev.Scope, ev.Actor, ev.Time, data)
	w.PutTwice[ev.ID] = true
	for range 2 { // without a message id: the broker cannot know
		if _, err := w.NATS.PublishRaw(ev.Subject(), ev.Encode()); err != nil {
			t.Fatal(err)
		}
	}
	last := alice.Posts(room, "after")
	audit(t, w.Cluster).Has(t, last.Message, last.Seq)
	if got := alice.Reads(room); !equal(got, []string{"twice", "after"}) {
		t.Errorf("alice reads %q", got)
	}
	if got := w.query(fmt.Sprintf("SELECT count(*) FROM notifications WHERE user_id = '%s'", bob.User().ID)); got[0][0] != "1" {
		t.Errorf("bob was told %s times", got[0][0])
	}
}

// event returns an event as natter would publish it, but for its content.
func (p *Person) event(room, text string) events.Event {
	return events.New(events.MessagePosted, chat.NewID(), room, p.User(), time.Now(), events.MessagePostedData{Key: chat.NewID(), Text: text})
}

// IsStored waits until a message has its row.
func (w *Town) IsStored(message string) {
	w.t.Helper()
	eventually(w.t, deadline, func() error {
		rows, err := w.Postgres.Query(fmt.Sprintf("SELECT seq FROM events WHERE id = '%s'", message))
		if err == nil && len(rows) != 1 {
			err = fmt.Errorf("message %s has %d rows", message, len(rows))
		}
		return err
	})
}

// DeadStreamHolds fails unless the log's dead letters of the persister hold
// these entries of CHAT.
func (w *Town) DeadStreamHolds(seqs []string) {
	w.t.Helper()
	entries, err := w.Entries(events.Dead)
	if err != nil {
		w.t.Fatal(err)
	}
	count := 0
	for _, e := range entries {
		if e.Subject == "dead.persister-chat" {
			count++
		}
	}
	if count < len(seqs) {
		w.t.Errorf("the log holds %d dead letters of persister-chat, want %d or more", count, len(seqs))
	}
}

package persister_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/jetstream"
)

// raw is an event whose data is any bytes.
func raw(t events.Type, scope, data string) events.Event {
	ev := events.New(t, chat.NewID(), scope, ada, time.Now(), struct{}{})
	ev.Data = json.RawMessage(data)
	return ev
}

func TestWhatCannotBeAppliedIsADeadLetterAndTheRestIsApplied(t *testing.T) {
	w := newWorld(t)
	w.starts("persister-1")
	room := chat.NewID()
	type burial struct {
		stream events.Stream
		reason string
	}
	want := map[uint64]burial{}
	bury := func(stream events.Stream, reason string, ev events.Event) {
		want[w.publish(ev)*10+uint64(len(stream))] = burial{stream, reason}
	}

	before := message(room, ada, "before")
	w.publish(before)
	bury(events.Chat, "undecodable", raw(events.MessagePosted, room, `[1]`))
	bury(events.Chat, "not UTF-8", raw(events.MessagePosted, room, "{\"text\":\"\xff\"}"))
	bury(events.Chat, "NUL", raw(events.MessagePosted, room, `{"text":"a\u0000b"}`))
	bury(events.Reads, "too large", events.New(events.ReadMarked, chat.NewID(), room, ada, time.Now(), events.ReadMarkedData{Seq: math.MaxUint64}))
	bury(events.Notify, "not an id", events.New(events.Notified, chat.NewID(), ada.ID, bob, time.Now(), events.NotifiedData{Room: "*"}))
	start := time.Now()
	after := message(room, ada, "after")
	w.publish(after)
	testenv.Eventually(w, func() error {
		_, found, _, err := w.db.EventByID(w.ctx, after.ID)
		if err == nil && !found {
			err = chat.Errorf(chat.NotFound, "what follows has no row")
		}
		return err
	})
	if took := time.Since(start); took > 5*time.Second { // test/deadletter_test.go holds it to 2 s
		t.Errorf("what follows was applied after %s", took)
	}
	if rows, _ := w.rows(w.db, room); len(rows) != 2 {
		t.Errorf("the room has %d rows, want the two good ones", len(rows))
	}
	for key, b := range want {
		w.isBuried(b.stream, key/10, b.reason)
	}
}

// isBuried waits until the tables and the log hold the dead letter.
func (w *world) isBuried(s events.Stream, seq uint64, reason string) {
	w.Helper()
	testenv.Eventually(w, func() error {
		letters, err := w.db.DeadLetters(w.ctx, s, seq-1, 1)
		if err == nil && (len(letters) == 0 || letters[0].Seq != seq || !strings.Contains(letters[0].Reason, reason)) {
			err = chat.Errorf(chat.NotFound, "%s %d: dead letters %+v, want the reason %q", s, seq, letters, reason)
		}
		return err
	})
	consumer := map[events.Stream]jetstream.Consumer{events.Chat: jetstream.PersisterChat, events.Reads: jetstream.PersisterReads, events.Notify: jetstream.PersisterNotify}[s]
	entries, _, err := w.log.Read(w.ctx, events.Dead.Prefix()+string(consumer), 0, 100)
	w.must(err)
	for _, e := range entries {
		var letter jetstream.DeadLetter
		w.must(json.Unmarshal(e.Body, &letter))
		if letter.Seq == seq && strings.Contains(letter.Reason, reason) {
			return
		}
	}
	w.Errorf("%s %d is not in DEAD", s, seq)
}

func TestWhatIsNewerThanThisCodeIsCarriedThrough(t *testing.T) {
	w := newWorld(t)
	w.starts("persister-1")
	room := chat.NewID()
	newer := func(typ events.Type, scope string) events.Event {
		ev := raw(typ, scope, `["sealed"]`)
		ev.Version = events.Version + 1
		return ev
	}
	message := newer(events.MessagePosted, room)
	w.publish(message)
	last := map[events.Stream]uint64{
		events.Reads:  w.publish(newer(events.ReadMarked, room)),
		events.Notify: w.publish(newer(events.NotificationRead, ada.ID)),
	}
	w.applied(w.db)
	if _, found, _, err := w.db.EventByID(w.ctx, message.ID); err != nil || !found {
		t.Errorf("an event of CHAT has no row: %v", err)
	}
	testenv.Eventually(w, func() error {
		highest, err := w.db.Highest(w.ctx)
		for s, seq := range last {
			if err == nil && highest[s] != seq {
				err = chat.Errorf(chat.NotFound, "%s is applied up to %d, want %d", s, highest[s], seq)
			}
		}
		return err
	})
	w.noDeadLetters(w.db)
}

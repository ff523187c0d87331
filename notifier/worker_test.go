package notifier_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/notifier"
)

// forgetful is a log whose ack is lost: what it published is there, and the
// caller is told that nobody knows.
type forgetful struct {
	*jetstream.Log
	lose int
}

var errLost = errors.New("the ack was lost")

func (f *forgetful) PublishFenced(ctx context.Context, c jetstream.Cursor, seq uint64, evs []events.Event) (jetstream.Cursor, error) {
	moved, err := f.Log.PublishFenced(ctx, c, seq, evs)
	if f.lose--; err == nil && f.lose >= 0 {
		return c, errLost
	}
	return moved, err
}

func TestALostAckTellsNobodyTwice(t *testing.T) {
	w := newWorld(t, 0)
	w.says(ada, "for @bob", bob)
	w.says(ada, "for @cleo", cleo)
	worker := notifier.NewWorker(&forgetful{w.log, 1}, w.people, slog.New(slog.DiscardHandler), nil)
	w.works(w.log, worker)
	w.gets(bob, "mention: for @bob")
	w.gets(cleo, "mention: for @cleo")
	w.says(ada, "again for @cleo", cleo)
	w.gets(cleo, "mention: for @cleo", "mention: again for @cleo")
	w.gets(bob, "mention: for @bob")
}

// elsewhere is a log whose CHAT lives anew: it begins at first, and the cursor
// is of the life before.
type elsewhere struct {
	first  uint64
	cursor jetstream.Cursor
	moves  []uint64
}

func (e *elsewhere) State(context.Context, events.Stream) (jetstream.State, error) {
	return jetstream.State{First: e.first, Last: e.first + 99}, nil
}

func (e *elsewhere) LoadCursor(context.Context) (jetstream.Cursor, error) { return e.cursor, nil }

func (e *elsewhere) PublishFenced(_ context.Context, _ jetstream.Cursor, seq uint64, _ []events.Event) (jetstream.Cursor, error) {
	e.moves = append(e.moves, seq)
	e.cursor = jetstream.Cursor{Incarnation: "bbbbbbbb", Seq: seq}
	return e.cursor, nil
}

func TestInANewLifeOfTheLogWorkBeginsAtItsBeginning(t *testing.T) {
	log := &elsewhere{first: 1001, cursor: jetstream.Cursor{Incarnation: "aaaaaaaa", Seq: 5000}}
	w := notifier.NewWorker(log, &town{}, slog.New(slog.DiscardHandler), nil)
	if got, err := w.Offset(t.Context(), events.Chat, "bbbbbbbb"); got != 1000 || err != nil {
		t.Errorf("work begins after %d, %v; want 1000", got, err)
	}
}

func TestWithoutNotificationsTheCursorMovesRarely(t *testing.T) {
	log := &elsewhere{first: 1}
	w := notifier.NewWorker(log, &town{}, slog.New(slog.DiscardHandler), nil)
	offset := func() uint64 {
		got, err := w.Offset(t.Context(), events.Chat, "bbbbbbbb")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	at := offset()
	room := chat.NewID()
	for range 2000 {
		ev := events.New(events.RoomCreated, chat.NewID(), room, ada, time.Now(), events.RoomCreatedData{})
		b := events.Batch{Stream: events.Chat, Incarnation: "bbbbbbbb", From: at, To: at + 1, Entries: []events.Entry{
			{Stream: events.Chat, Subject: events.Chat.Subject(room), Seq: at + 1, Body: ev.Encode()}}}
		if err := w.Apply(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		at++
		if got := offset(); got != at {
			t.Fatalf("after %d the worker stands at %d", at, got)
		}
	}
	if len(log.moves) != 3 || log.moves[0] != 512 || log.moves[2] != 1536 {
		t.Errorf("2 000 entries moved the cursor to %v", log.moves)
	}
}

// meddled is a log during whose publishing a pull ends.
type meddled struct {
	elsewhere
	worker *notifier.Worker
	ended  int // pulls
}

func (m *meddled) pullEnds(ctx context.Context) error {
	if m.ended++; m.ended > 2 {
		return nil
	}
	return m.worker.Idle(ctx)
}

func (m *meddled) PublishFenced(ctx context.Context, c jetstream.Cursor, seq uint64, evs []events.Event) (jetstream.Cursor, error) {
	for range 2 { // nothing was handled between the two: it looks idle
		if err := m.pullEnds(ctx); err != nil {
			return c, err
		}
	}
	return m.elsewhere.PublishFenced(ctx, c, seq, evs)
}

func TestPullsThatEndWhileABatchIsInHandLeaveTheCursorAlone(t *testing.T) {
	log := &meddled{elsewhere: elsewhere{first: 1}}
	log.worker = notifier.NewWorker(log, &town{}, slog.New(slog.DiscardHandler), nil)
	_, err := log.worker.Offset(t.Context(), events.Chat, "bbbbbbbb")
	for _, to := range []uint64{100, 600} { // the second is far enough for the cursor to move
		if err == nil {
			err = log.worker.Apply(t.Context(), events.Batch{Stream: events.Chat, Incarnation: "bbbbbbbb", From: 0, To: to})
		}
	}
	if err != nil || len(log.moves) != 1 || log.moves[0] != 600 {
		t.Errorf("the cursor moved to %d, %v; want once, to 600", log.moves, err)
	}
}

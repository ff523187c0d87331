package edge

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
)

// lostTurns are rooms of a database that goes away before it has taken a turn, or
// after that with its answer.
type lostTurns struct {
	Rooms
	down, after atomic.Bool
}

func (l *lostTurns) TakeTurn(ctx context.Context, turn chat.Turn, every time.Duration) (time.Duration, error) {
	gone := chat.Errorf(chat.Unavailable, "The database cannot be reached right now.")
	if l.down.Load() {
		return 0, gone
	}
	wait, err := l.Rooms.TakeTurn(ctx, turn, every)
	if l.after.Load() {
		return 0, gone
	}
	return wait, err
}

func TestSlowModeLetsNothingThroughWhileTheDatabaseIsDownAndLosesNoTurn(t *testing.T) {
	w := newWorld(t)
	turns := &lostTurns{}
	one := w.edge(func(_ *Config, d *Deps) { turns.Rooms, d.Rooms = d.Rooms, turns })
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Slow").ID
	bob.enters(one, room)
	ada.does(one, "PATCH", room, "", `{"slow":3600}`).must(t, 200)
	bobs := bob.connects(one) // whose membership needs no database
	bobs.follows(room, "")

	turns.down.Store(true)
	key := chat.NewID()
	if p := bob.says(one, room, key, "mine").problem(t, 503, chat.Unavailable); p.Detail == "" {
		t.Errorf("%+v", p)
	}
	bobs.sends(postFrame{Op: "post", ID: 7, Room: room, Key: key, Text: "mine"})
	if f := bobs.hears("error"); f.ID != 7 || !f.says(chat.Unavailable) {
		t.Errorf("%+v", f)
	}
	ada.posts(one, room, "moderators need no turn")
	turns.down.Store(false)
	turns.after.Store(true) // the turn is taken, the answer lost
	bob.says(one, room, key, "mine").problem(t, 503, chat.Unavailable)
	turns.after.Store(false)
	first := into[Ack](t, bob.says(one, room, key, "mine").must(t, 201))
	bob.says(one, room, chat.NewID(), "another").problem(t, 429, chat.SlowMode)
	if again := into[Ack](t, bob.says(one, room, key, "mine").must(t, 201)); again.Seq != first.Seq {
		t.Errorf("%+v and %+v", first, again)
	}
	said := 0
	for _, entry := range w.inRoom(room) {
		said += strings.Count(string(entry.Body), `"mine"`) + strings.Count(string(entry.Body), `"another"`)
	}
	if said != 1 {
		t.Errorf("%d messages of bob's in the log", said)
	}
}

package edge

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/testenv"
)

// notebook takes notes of failed log-ins.
type notebook struct {
	Accounts
	down  bool
	notes map[string][]int
}

func (n *notebook) NoteFailedLogins(_ context.Context, user string, times int, _ chat.Device) (string, error) {
	if n.down {
		return "", errors.New("down")
	}
	n.notes[user] = append(n.notes[user], times)
	return "", nil
}

func TestAGuesserIsNotedOnceAMinuteAndEveryGuessIsCounted(t *testing.T) {
	book := &notebook{notes: map[string][]int{}}
	f := newFailures(&Edge{Deps: Deps{Accounts: book, Logger: testenv.Logger(t, slog.LevelError)}})
	guesses := func(n int) {
		for range n {
			f.add("ada", chat.Device{})
			f.add("", chat.Device{})
		}
	}
	now := time.Now()
	at := func(after time.Duration) { f.note(t.Context(), now.Add(after), time.Second) }
	guesses(1)
	at(0)
	guesses(7)
	at(time.Second)
	at(quietFor - time.Second)
	book.down = true
	at(quietFor)
	book.down = false
	guesses(1)
	at(quietFor + time.Second)
	if got := book.notes["ada"]; len(got) != 2 || got[0] != 1 || got[1] != 8 {
		t.Errorf("noted %v, want 1 at once and 8 a minute later", got)
	}
	if len(book.notes) != 1 {
		t.Errorf("noted of a name that nobody bears: %v", book.notes)
	}
	at(3 * quietFor)
	if len(f.waiting) != 0 {
		t.Errorf("%d are remembered for ever", len(f.waiting))
	}
	for range 2 * failuresAtMost {
		f.add(chat.NewID(), chat.Device{})
	}
	if len(f.waiting) > failuresAtMost {
		t.Errorf("%d wait", len(f.waiting))
	}
}

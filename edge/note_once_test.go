package edge

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

func TestAMailThatIsTriedAgainIsNotedOnce(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	var tries atomic.Int32
	w.letters.mu.Lock()
	w.letters.before = func(context.Context, chat.Mail) error {
		if tries.Add(1) == 1 {
			return errors.New("the mail server is busy")
		}
		return nil
	}
	w.letters.mu.Unlock()
	one.call(t, "POST", "/api/password/forgot", `{"email":"`+ada.email+`"}`).must(t, 202)
	w.letters.nth(t, ada.email, 2) // the first was for the sign-up
	entries, _, err := w.log.Read(t.Context(), events.Audit.Subject(ada.id), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, entry := range entries {
		ev, err := entry.Event()
		if err != nil {
			t.Fatal(err)
		}
		if data, err := events.DataOf[events.SecurityNotedData](ev); err == nil && data.Kind == events.NotedResetAsked {
			asked++
		}
	}
	if asked != 1 || tries.Load() != 2 {
		t.Errorf("noted %d times, tried %d times", asked, tries.Load())
	}
}

package sql_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// asks starts a flow.
func (w *world) asks(purpose chat.Purpose, email, user string) chat.Flow {
	w.t.Helper()
	f := newFlow(purpose, email, user)
	if err := w.StartFlow(within(w.t, patience), f); err != nil {
		w.t.Fatal(err)
	}
	return f
}

func newFlow(purpose chat.Purpose, email, user string) chat.Flow {
	id := uuid.NewString()
	return chat.Flow{ID: id, Purpose: purpose, Email: email, User: user, Hash: []byte("hash of " + id),
		Account: chat.NewAccount{Name: "ada", Email: email, PasswordHash: "hash of a password", Admission: anybody().Admission}}
}

func TestOfFiftyGuessesAtOnceFiveAreAnswered(t *testing.T) {
	w := newWorld(t)
	for range 10 {
		f := w.asks(chat.ForSignUp, uuid.NewString()+"@example.org", "")
		got := tally(atOnce(50, func(int) error {
			_, err := w.GuessCode(within(t, patience), f.ID, chat.ForSignUp, "")
			return err
		}))
		if got[""] != chat.CodeGuesses || got[chat.WrongCode] != 50-chat.CodeGuesses {
			t.Fatalf("%v", got)
		}
	}
}

func TestAnotherCodeBringsNoOtherGuesses(t *testing.T) {
	w := newWorld(t)
	f := w.asks(chat.ForReset, "ada@example.org", "")
	for range chat.CodeGuesses - 1 {
		must[chat.Flow](t)(w.GuessCode(t.Context(), f.ID, chat.ForReset, ""))
	}
	w.exec(`UPDATE codes SET sent = sent - interval '30 seconds'`)
	again := must[chat.Flow](t)(w.ResendCode(t.Context(), f.ID, []byte("another")))
	if again.Email != f.Email || again.Purpose != f.Purpose || string(again.Hash) != "another" {
		t.Errorf("%+v", again)
	}
	must[chat.Flow](t)(w.GuessCode(t.Context(), f.ID, chat.ForReset, ""))
	_, err := w.GuessCode(t.Context(), f.ID, chat.ForReset, "")
	wants(t, err, chat.WrongCode)
	w.exec(`UPDATE codes SET sent = sent - interval '30 seconds'`)
	_, err = w.ResendCode(t.Context(), f.ID, []byte("one more")) // it could never be used
	wants(t, err, chat.WrongCode)
}

func TestACodeIsSentThreeTimesWithPausesOf30Seconds(t *testing.T) {
	w := newWorld(t)
	f := w.asks(chat.ForReset, "ada@example.org", "")
	for n := range 2 {
		_, err := w.ResendCode(t.Context(), f.ID, []byte("early"))
		wants(t, err, chat.RateLimited)
		if wait := err.(*chat.Error).RetryAfter; wait <= 25*time.Second || wait > 30*time.Second {
			t.Errorf("the next one is promised in %v", wait)
		}
		w.exec(`UPDATE codes SET sent = sent - interval '30 seconds'`)
		errs := tally(atOnce(20, func(i int) error {
			_, err := w.ResendCode(within(t, patience), f.ID, fmt.Appendf(nil, "code %d", i))
			return err
		}))
		if errs[""] != 1 || errs[chat.RateLimited] != 19 {
			t.Fatalf("resend %d: %v", n+1, errs)
		}
	}
	w.exec(`UPDATE codes SET sent = sent - interval '30 seconds'`)
	_, err := w.ResendCode(t.Context(), f.ID, []byte("a fourth"))
	wants(t, err, chat.RateLimited)
	_, err = w.ResendCode(t.Context(), uuid.NewString(), []byte("x"))
	wants(t, err, chat.WrongCode)
}

func TestAnAddressGetsSoManyFlowsAnHour(t *testing.T) {
	w := newWorld(t)
	got := tally(atOnce(50, func(i int) error {
		address := []string{"ada@example.org", "ADA@Example.org"}[i%2] // one mailbox
		return w.StartFlow(within(t, patience), newFlow(chat.ForReset, address, ""))
	}))
	if got[""] != chat.FlowsAnHour || got[chat.RateLimited] != 50-chat.FlowsAnHour {
		t.Fatalf("%v", got)
	}
	w.exec(`UPDATE codes SET created = created - interval '59 minutes', expires = clock_timestamp()`)
	must[int64](t)(w.Prune(t.Context())) // what is over is still counted
	err := w.StartFlow(t.Context(), newFlow(chat.ForReset, "ada@example.org", ""))
	wants(t, err, chat.RateLimited)
	if wait := err.(*chat.Error).RetryAfter; wait <= 0 || wait > time.Minute {
		t.Errorf("the next one is promised in %v", wait)
	}
	w.exec(`UPDATE codes SET created = created - interval '1 minute'`)
	w.asks(chat.ForReset, "ada@example.org", "")
	w.asks(chat.ForReset, "bob@example.org", "")
}

func TestACodeEndsAfterTenMinutes(t *testing.T) {
	w := newWorld(t)
	f := w.asks(chat.ForSignUp, "ada@example.org", "")
	w.exec(`UPDATE codes SET expires = expires - interval '599 seconds'`)
	f = must[chat.Flow](t)(w.GuessCode(t.Context(), f.ID, chat.ForSignUp, ""))
	w.exec(`UPDATE codes SET expires = expires - interval '1 second'`)
	_, err := w.GuessCode(t.Context(), f.ID, chat.ForSignUp, "")
	wants(t, err, chat.WrongCode)
	_, _, err = w.SignUpWith(t.Context(), f, f.Account, chat.Device{})
	wants(t, err, chat.WrongCode)
	_, err = w.ResendCode(t.Context(), f.ID, []byte("x"))
	wants(t, err, chat.WrongCode)
	w.exec(`UPDATE codes SET expires = expires - interval '1 hour'`)
	if n := must[int64](t)(w.Prune(t.Context())); n != 1 {
		t.Errorf("%d rows were pruned", n)
	}
}

func TestACodeWorksForItsPurposeAndItsPersonOnly(t *testing.T) {
	w := newWorld(t)
	ada, eve := w.person("ada"), w.person("eve")
	f := w.asks(chat.ForEmail, "ada@example.org", ada.ID)
	for name, guess := range map[string]func() error{
		"for a sign-up":     func() error { _, err := w.GuessCode(t.Context(), f.ID, chat.ForSignUp, ""); return err },
		"by nobody":         func() error { _, err := w.GuessCode(t.Context(), f.ID, chat.ForEmail, ""); return err },
		"by somebody else":  func() error { _, err := w.GuessCode(t.Context(), f.ID, chat.ForEmail, eve.ID); return err },
		"for a reset":       func() error { _, err := w.GuessCode(t.Context(), f.ID, chat.ForReset, ada.ID); return err },
		"of no flow":        func() error { _, err := w.GuessCode(t.Context(), uuid.NewString(), chat.ForEmail, ada.ID); return err },
		"of what is no id":  func() error { _, err := w.GuessCode(t.Context(), "' OR 1=1", chat.ForEmail, ada.ID); return err },
		"resent to no flow": func() error { _, err := w.ResendCode(t.Context(), "*", nil); return err },
	} {
		t.Run(name, func(t *testing.T) { wants(t, guess(), chat.WrongCode) })
	}
	for range chat.CodeGuesses { // none of these took a guess away
		must[chat.Flow](t)(w.GuessCode(t.Context(), f.ID, chat.ForEmail, ada.ID))
	}
}

func TestARightCodeWorksOnce(t *testing.T) {
	w := newWorld(t)
	f := w.asks(chat.ForSignUp, "ada@example.org", "")
	got := tally(atOnce(20, func(i int) error {
		a := f.Account
		a.Name = fmt.Sprintf("ada%d", i)
		_, _, err := w.SignUpWith(within(t, patience), f, a, chat.Device{})
		return err
	}))
	if got[""] != 1 || got[chat.WrongCode] != 19 {
		t.Fatalf("%v", got)
	}
	h := must[chat.Holder](t)(w.HolderOf(t.Context(), "ADA@example.org"))
	if h.Email != "ada@example.org" || h.Disabled {
		t.Errorf("%+v", h)
	}
}

func TestANameThatIsTakenLeavesTheCode(t *testing.T) {
	w := newWorld(t)
	w.person("ada")
	f := w.asks(chat.ForSignUp, "ada@example.org", "")
	for range 2 * chat.CodeGuesses {
		f = must[chat.Flow](t)(w.GuessCode(t.Context(), f.ID, chat.ForSignUp, ""))
		f.Account.Admission = anybody().Admission // is not stored: whoever makes the account asks then
		_, _, err := w.SignUpWith(t.Context(), f, f.Account, chat.Device{})
		wants(t, err, chat.NameTaken)
		if err := w.ReturnGuess(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	other := f
	other.Hash = []byte("a guess that was wrong")
	for range chat.CodeGuesses {
		must[chat.Flow](t)(w.GuessCode(t.Context(), f.ID, chat.ForSignUp, ""))
		if err := w.ReturnGuess(t.Context(), other); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.GuessCode(t.Context(), f.ID, chat.ForSignUp, "") // a wrong one is never given back
	wants(t, err, chat.WrongCode)
	a := f.Account
	a.Name = "ada2"
	s, _, err := w.SignUpWith(t.Context(), f, a, chat.Device{})
	if err != nil || s.User.Name != "ada2" {
		t.Error(s, err)
	}
}

func TestTwoCannotVerifyOneAddress(t *testing.T) {
	w := newWorld(t)
	flows := []chat.Flow{w.asks(chat.ForSignUp, "ada@example.org", ""), w.asks(chat.ForSignUp, "Ada@Example.org", "")}
	flows[1].Account.Name = "ada2"
	got := tally(atOnce(2, func(i int) error {
		_, _, err := w.SignUpWith(within(t, patience), flows[i], flows[i].Account, chat.Device{})
		return err
	}))
	if got[""] != 1 || got[chat.Conflict] != 1 {
		t.Errorf("%v", got)
	}
}

func TestTheNamedAddressBecomesTheOwners(t *testing.T) {
	w := newWorld(t)
	w.person("first")
	f := w.asks(chat.ForSignUp, "ada@example.org", "")
	s, _, err := w.SignUpWith(t.Context(), f, f.Account, chat.Device{})
	if err != nil {
		t.Fatal(err)
	}
	if a := must[chat.Account](t)(w.Account(t.Context(), s.User.ID)); a.Role != chat.Plain || a.Email != "ada@example.org" || !a.HasPassword {
		t.Errorf("%+v", a)
	}
	if subject := must[string](t)(w.NameOwner(t.Context(), "ADA@example.org")); subject != events.Audit.Subject(s.User.ID) {
		t.Errorf("noted under %q", subject)
	}
	if a := must[chat.Account](t)(w.Account(t.Context(), s.User.ID)); a.Role != chat.Owner {
		t.Errorf("%+v", a)
	}
	for _, email := range []string{"ada@example.org", "nobody@example.org"} {
		if subject := must[string](t)(w.NameOwner(t.Context(), email)); subject != "" {
			t.Errorf("%s: noted again under %q", email, subject)
		}
	}
}

package sql_test

import (
	"slices"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// withAddress signs somebody up who has an address.
func (w *world) withAddress(name string) chat.Session {
	w.t.Helper()
	s, _, err := w.SignUp(w.t.Context(), chat.NewAccount{Name: name, Email: name + "@example.org", PasswordHash: "old"}, chat.Device{})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) ended(sessions ...string) []string {
	w.t.Helper()
	return must[[]string](w.t)(w.EndedSessions(w.t.Context(), sessions))
}

func TestANewPasswordEndsAllOtherSessions(t *testing.T) {
	w := newWorld(t)
	one := w.withAddress("ada")
	two, _, err := w.StartSession(t.Context(), one.User, chat.Device{})
	if err != nil {
		t.Fatal(err)
	}
	bob := w.withAddress("bob")
	subjects, err := w.ChangePassword(t.Context(), one.User, one.ID, "old", "new", chat.Device{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{events.Sessions.Subject(two.ID), events.Audit.Subject(one.User.ID)}; !slices.Equal(subjects, want) {
		t.Errorf("%v, want %v", subjects, want)
	}
	if got := w.ended(one.ID, two.ID, bob.ID); !slices.Equal(got, []string{two.ID}) {
		t.Errorf("%v have ended", got)
	}
	if hash := must[string](t)(w.PasswordOf(t.Context(), one.User.ID)); hash != "new" {
		t.Errorf("the hash is %q", hash)
	}
}

func TestOfTwoChangesOfOnePasswordOneHappens(t *testing.T) {
	w := newWorld(t)
	s := w.withAddress("ada")
	got := tally(atOnce(10, func(int) error {
		_, err := w.ChangePassword(within(t, patience), s.User, s.ID, "old", "new", chat.Device{})
		return err
	}))
	if got[""] != 1 || got[chat.WrongCredentials] != 9 {
		t.Errorf("%v", got)
	}
}

func TestAResetEndsEverySessionAndStartsOne(t *testing.T) {
	w := newWorld(t)
	s := w.withAddress("ada")
	f, other := w.asks(chat.ForReset, "Ada@example.org", ""), w.asks(chat.ForReset, "ada@example.org", "")
	change := w.asks(chat.ForEmail, "eve@example.org", s.User.ID)
	fresh, _, err := w.ResetPassword(t.Context(), f, "new", chat.Device{})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.ended(s.ID, fresh.ID); !slices.Equal(got, []string{s.ID}) {
		t.Errorf("%v have ended", got)
	}
	// What an intruder has asked for before must not work afterwards.
	_, _, err = w.ResetPassword(t.Context(), other, "intruder's", chat.Device{})
	wants(t, err, chat.WrongCode)
	_, _, _, err = w.ChangeEmail(t.Context(), change, s.User, chat.Device{})
	wants(t, err, chat.WrongCode)
}

func TestResetsAtOnceDoNotLockEachOtherOut(t *testing.T) {
	w := newWorld(t)
	s := w.withAddress("ada")
	var flows []chat.Flow
	for range chat.FlowsFromOne { // as many as have a connection to wait on
		flows = append(flows, w.asks(chat.ForReset, "ada@example.org", ""))
	}
	var got map[chat.Code]int
	w.whileLocked(`SELECT FROM users WHERE id = '`+s.User.ID+`' FOR UPDATE`, len(flows), func() {
		got = tally(atOnce(len(flows), func(i int) error {
			_, _, err := w.ResetPassword(within(t, patience), flows[i], "new", chat.Device{})
			return err
		}))
	})
	if got[""] != 1 || got[chat.WrongCode] != len(flows)-1 {
		t.Errorf("%v", got)
	}
}

func TestACodeToAnAddressThatWasGivenUpResetsNothing(t *testing.T) {
	w := newWorld(t)
	s := w.withAddress("ada")
	reset := w.asks(chat.ForReset, "ada@example.org", "")
	f := w.asks(chat.ForEmail, "new@example.org", s.User.ID)
	a, before, subjects, err := w.ChangeEmail(t.Context(), f, s.User, chat.Device{})
	if err != nil || a.Email != "new@example.org" || before != "ada@example.org" || len(subjects) != 1 {
		t.Fatal(a, before, subjects, err)
	}
	_, _, err = w.ResetPassword(t.Context(), reset, "new", chat.Device{})
	wants(t, err, chat.WrongCode)
	if hash := must[string](t)(w.PasswordOf(t.Context(), s.User.ID)); hash != "old" {
		t.Errorf("the hash is %q", hash)
	}
}

func TestAnAddressHasOneAccount(t *testing.T) {
	w := newWorld(t)
	ada := w.withAddress("ada")
	w.withAddress("bob")
	f := w.asks(chat.ForEmail, "BOB@example.org", ada.User.ID)
	_, _, _, err := w.ChangeEmail(t.Context(), f, ada.User, chat.Device{})
	wants(t, err, chat.Conflict)
	if a := must[chat.Account](t)(w.Account(t.Context(), ada.User.ID)); a.Email != "ada@example.org" {
		t.Errorf("%+v", a)
	}
}

func TestWhoeverIsDisabledResetsNothing(t *testing.T) {
	w := newWorld(t)
	s := w.withAddress("ada")
	f := w.asks(chat.ForReset, "ada@example.org", "")
	w.exec(`UPDATE users SET disabled = now()`)
	_, _, err := w.ResetPassword(t.Context(), f, "new", chat.Device{})
	wants(t, err, chat.WrongCredentials)
	if h := must[chat.Holder](t)(w.HolderOf(t.Context(), "ada@example.org")); !h.Disabled || h.User != s.User {
		t.Errorf("%+v", h)
	}
}

func TestALogInFindsItsPersonByNameOrAddress(t *testing.T) {
	w := newWorld(t)
	s := w.withAddress("ada")
	for _, name := range []string{"ada", "ADA", "ada@example.org", "Ada@Example.ORG"} {
		if user, hash, err := w.Password(t.Context(), name); err != nil || user != s.User || hash != "old" {
			t.Errorf("%s: %v %q %v", name, user, hash, err)
		}
	}
	for _, name := range []string{"", "@", "example.org", "ada@", "eve@example.org", "\x00@"} {
		_, _, err := w.Password(t.Context(), name)
		wants(t, err, chat.NotFound)
	}
}

package sql_test

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

func identity(subject, email string, names ...string) chat.Identity {
	return chat.Identity{Issuer: "https://id.example.org", Subject: subject, Email: email, Names: names}
}

// anybody may make an account.
func anybody() chat.NewAccount {
	return chat.NewAccount{Admission: &chat.Admission{Mode: chat.ModeOpen}}
}

func (w *world) signsInElsewhere(who chat.Identity) chat.Session {
	w.t.Helper()
	s, subjects, err := w.SignInElsewhere(w.t.Context(), who, anybody(), chat.Device{})
	if err != nil || len(subjects) == 0 {
		w.t.Fatal(s, subjects, err)
	}
	return s
}

func TestAnIdentityIsOnePersonForEver(t *testing.T) {
	w := newWorld(t)
	first := w.signsInElsewhere(identity("1", "ada@example.org", "ada"))
	if first.User.Name != "ada" {
		t.Errorf("%+v", first.User)
	}
	again := w.signsInElsewhere(identity("1", "other@example.org", "somebody"))
	if again.User != first.User || again.ID == first.ID {
		t.Errorf("%+v, then %+v", first, again)
	}
	elsewhere := identity("1", "", "ada")
	elsewhere.Issuer = "https://other.example.org"
	if other := w.signsInElsewhere(elsewhere); other.User.ID == first.User.ID || other.User.Name != "ada2" {
		t.Errorf("another issuer's subject: %+v", other.User)
	}
}

func TestAVerifiedAddressLeadsToItsAccountAndNoOtherDoes(t *testing.T) {
	w := newWorld(t)
	ada, _, err := w.SignUp(t.Context(), chat.NewAccount{Name: "ada", Email: "Ada@example.org", PasswordHash: "x"}, chat.Device{})
	if err != nil {
		t.Fatal(err)
	}
	other, subjects, err := w.SignInElsewhere(t.Context(), identity("1", "", "ada"), anybody(), chat.Device{})
	if err != nil || other.User.ID == ada.User.ID {
		t.Error("a name alone leads to an account", err)
	}
	if slices.ContainsFunc(subjects, func(s string) bool { return strings.HasPrefix(s, events.Notify.Prefix()) }) {
		t.Errorf("who is new here is told of what they came with: %q", subjects)
	}
	s, subjects, err := w.SignInElsewhere(t.Context(), identity("2", "ada@EXAMPLE.org", "x"), anybody(), chat.Device{})
	if err != nil || s.User != ada.User {
		t.Errorf("%+v, %v", s.User, err)
	}
	if !slices.Contains(subjects, events.Notify.Subject(ada.User.ID)) {
		t.Errorf("ada is not told that somebody can log in to her account: %q", subjects)
	}
	if s := w.signsInElsewhere(identity("2", "")); s.User != ada.User {
		t.Errorf("linked, then %+v", s.User)
	}
}

func TestAnAddressThatFoldsToAnothersLeadsNowhere(t *testing.T) {
	w := newWorld(t)
	bob, _, err := w.SignUp(t.Context(), chat.NewAccount{Name: "bob", Email: "bob@strasse.example", PasswordHash: "x"}, chat.Device{})
	if err != nil {
		t.Fatal(err)
	}
	for i, email := range []string{"bob@straße.example", "ｂob@strasse.example"} {
		a := anybody()
		a.Admission.Owner = "bob@strasse.example"
		s, _, err := w.SignInElsewhere(t.Context(), identity(string(rune('1'+i)), email, "eve"), a, chat.Device{})
		if err != nil || s.User.ID == bob.User.ID {
			t.Fatal(s, err)
		}
		if a := must[chat.Account](t)(w.Account(t.Context(), s.User.ID)); a.Email != "" || a.Role != chat.Plain {
			t.Errorf("%s became %+v", email, a)
		}
	}
}

func TestAnAddressThatAProviderGaveToSomebodyElseDoesNotGiveThemTheAccount(t *testing.T) {
	w := newWorld(t)
	ada := w.signsInElsewhere(identity("1", "ada@example.org", "ada")).User
	got := tally(atOnce(4, func(int) error {
		_, _, err := w.SignInElsewhere(within(t, patience), identity("2", "ada@example.org", "eve"), anybody(), chat.Device{})
		return err
	}))
	if got[chat.OtherIdentity] != 4 {
		t.Errorf("%v", got)
	}
	other := identity("2", "ada@example.org")
	other.Issuer = "https://other.example.org"
	for _, who := range []chat.Identity{other, identity("1", "")} {
		if s := w.signsInElsewhere(who); s.User != ada {
			t.Errorf("%+v: %+v", who, s.User)
		}
	}
}

func TestOfTwoSubjectsAtOnceOneGetsTheAccountWithTheirAddress(t *testing.T) {
	w := newWorld(t)
	ada := w.withAddress("ada").User
	var got map[chat.Code]int
	w.whileLocked(`SELECT FROM users WHERE id = '`+ada.ID+`' FOR UPDATE`, 4, func() {
		got = tally(atOnce(4, func(i int) error {
			_, _, err := w.SignInElsewhere(within(t, patience), identity(strconv.Itoa(i), "ada@example.org", "x"), anybody(), chat.Device{})
			return err
		}))
	})
	if got[""] != 1 || got[chat.OtherIdentity] != 3 {
		t.Errorf("%v", got)
	}
}

func TestAPasswordThatIsResetByMailUntiesTheAccountFromProviders(t *testing.T) {
	w := newWorld(t)
	ada := w.signsInElsewhere(identity("1", "ada@example.org", "ada")).User
	reset := w.asks(chat.ForReset, "ada@example.org", "")
	if _, _, err := w.ResetPassword(t.Context(), reset, "new", chat.Device{}); err != nil {
		t.Fatal(err)
	}
	if s := w.signsInElsewhere(identity("1", "", "eve")); s.User.ID == ada.ID {
		t.Error("whoever had the address before still gets in")
	}
	if s := w.signsInElsewhere(identity("2", "ada@example.org")); s.User != ada {
		t.Errorf("whoever has it now is %+v", s.User)
	}
}

func TestNoSignInElsewhereOutlivesAResetAtTheSameTime(t *testing.T) {
	w := newWorld(t)
	ada := w.signsInElsewhere(identity("1", "ada@example.org", "ada")).User
	var s chat.Session
	var err error
	w.whileLocked(`SELECT FROM users WHERE id = '`+ada.ID+`' FOR UPDATE`, 1, func() {
		s, _, err = w.SignInElsewhere(within(t, patience), identity("1", "", "eve"), anybody(), chat.Device{})
	}, `DELETE FROM identities`)
	if err != nil || s.User.ID == ada.ID {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestADisabledPersonCannotSignInElsewhere(t *testing.T) {
	w := newWorld(t)
	w.signsInElsewhere(identity("1", "ada@example.org", "ada"))
	w.exec(`UPDATE users SET disabled = now()`)
	other := identity("2", "ada@example.org")
	other.Issuer = "https://other.example.org"
	for _, who := range []chat.Identity{identity("1", ""), other} {
		_, _, err := w.SignInElsewhere(t.Context(), who, anybody(), chat.Device{})
		wants(t, err, chat.WrongCredentials)
	}
}

func TestOfManyFirstSignInsAtOnceOneMakesTheAccount(t *testing.T) {
	w := newWorld(t)
	for _, who := range []chat.Identity{identity("1", "ada@example.org", "ada"), identity("2", "", "bob")} {
		var crowd sync.WaitGroup
		users := make([]string, 8)
		for i := range users {
			crowd.Go(func() {
				s, _, err := w.SignInElsewhere(t.Context(), who, anybody(), chat.Device{})
				if err != nil {
					t.Error(err)
				}
				users[i] = s.User.ID
			})
		}
		crowd.Wait()
		for _, id := range users {
			if id != users[0] || id == "" {
				t.Errorf("%v", users)
			}
		}
	}
}

func TestANewcomerFromElsewhereNeedsThatPeopleMaySignUp(t *testing.T) {
	w := newWorld(t)
	signsIn := func(who chat.Identity, mode chat.SignUpMode) error {
		_, _, err := w.SignInElsewhere(t.Context(), who, chat.NewAccount{Admission: &chat.Admission{Mode: mode, Owner: "boss@example.org"}}, chat.Device{})
		return err
	}
	wants(t, signsIn(identity("first", "", "ada"), chat.ModeClosed), chat.SignUpClosed)
	for range 2 {
		if err := signsIn(identity("boss", "boss@example.org", "boss"), chat.ModeClosed); err != nil {
			t.Error(err)
		}
	}
	wants(t, signsIn(identity("eve", "eve@example.org", "eve"), chat.ModeClosed), chat.SignUpClosed)
	wants(t, signsIn(identity("eve", "eve@example.org", "eve"), chat.ModeInvitation), chat.BadInvitation)
	if err := signsIn(identity("eve", "eve@example.org", "eve"), chat.ModeOpen); err != nil {
		t.Error(err)
	}
}

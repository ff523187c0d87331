package sql_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// invitation makes an invitation for so many, for a day.
func (w *world) invitation(by events.Person, uses int) (chat.SignUpInvitation, []byte) {
	w.t.Helper()
	_, hash := auth.NewInvitation()
	i, _, err := w.MakeInvitation(w.t.Context(), by, chat.NewInvitation{Hash: hash, Uses: uses, Lasts: 24 * time.Hour}, chat.Device{})
	if err != nil {
		w.t.Fatal(err)
	}
	return i, hash
}

// signsUp tries to make an account under the rules, as both steps ask.
func (w *world) signsUp(name, email string, a chat.Admission) error {
	w.t.Helper()
	asked := w.SignUpAllowed(within(w.t, patience), email, a)
	_, _, err := w.SignUp(within(w.t, patience), chat.NewAccount{Name: name, Email: email, Admission: &a}, chat.Device{})
	if chat.CodeOf(asked) != chat.CodeOf(err) {
		w.t.Errorf("%s: asked beforehand %v, then %v", name, asked, err)
	}
	return err
}

func TestWhoMaySignUp(t *testing.T) {
	w := newWorld(t)
	closed, invited := chat.Admission{Mode: chat.ModeClosed}, chat.Admission{Mode: chat.ModeInvitation}
	if err := w.signsUp("first", "", closed); err != nil {
		t.Errorf("the first account: %v", err)
	}
	first, _, _ := w.Password(t.Context(), "first")
	if role := w.role(first); role != chat.Owner {
		t.Errorf("the first is %s", role)
	}
	_, hash := w.invitation(first, 2)
	with := func(mode chat.SignUpMode, hash []byte) chat.Admission {
		return chat.Admission{Mode: mode, Invitation: hash}
	}
	named := chat.Admission{Mode: chat.ModeClosed, Owner: "boss@example.org"}
	for i, c := range []struct {
		email string
		rules chat.Admission
		want  chat.Code
	}{
		{"", chat.Admission{Mode: chat.ModeOpen}, ""},
		{"", chat.Admission{}, ""},
		{"", closed, chat.SignUpClosed},
		{"", with(chat.ModeClosed, hash), chat.SignUpClosed},
		{"", chat.Admission{Mode: "unknown"}, chat.SignUpClosed},
		{"", invited, chat.BadInvitation},
		{"", with(chat.ModeInvitation, []byte("another")), chat.BadInvitation},
		{"", with(chat.ModeInvitation, hash), ""},
		{"", with(chat.ModeInvitation, hash), ""},
		{"", with(chat.ModeInvitation, hash), chat.BadInvitation}, // it was for two
		{"other@example.org", named, chat.SignUpClosed},
		{"Boss@Example.org", named, ""},
		{"", named, chat.SignUpClosed},
	} {
		name := fmt.Sprintf("person%d", i)
		err := w.signsUp(name, c.email, c.rules)
		if chat.CodeOf(err) != c.want {
			t.Errorf("%d %+v: %v, want %q", i, c.rules, err, c.want)
		}
		if err != nil || c.email == "" {
			continue
		}
		if boss, _, _ := w.Password(t.Context(), name); w.role(boss) != chat.Owner {
			t.Error("the named owner is none")
		}
	}
}

func TestWhoeverIsOfTheStaffNoMoreHasNoInvitationsLeft(t *testing.T) {
	for name, fall := range map[string]func(w *world, owner, mod events.Person) error{
		"disabled": func(w *world, owner, mod events.Person) error {
			_, _, err := w.Disable(t.Context(), owner, mod.ID, chat.Device{})
			return err
		},
		"demoted": func(w *world, owner, mod events.Person) error {
			_, err := w.SetRole(t.Context(), owner, mod.ID, chat.Plain, chat.Device{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			owner, mod, _ := w.roles()
			_, kept := w.invitation(owner, 1)
			_, lost := w.invitation(mod, 5)
			// Another rank that may invite changes nothing.
			must[string](t)(w.SetRole(t.Context(), owner, mod.ID, chat.Owner, chat.Device{}))
			must[string](t)(w.SetRole(t.Context(), owner, mod.ID, chat.Moderator, chat.Device{}))
			by := func(hash []byte) chat.Admission { return chat.Admission{Mode: chat.ModeInvitation, Invitation: hash} }
			wants(t, w.signsUp("friend", "", by(lost)), "")
			if err := fall(w, owner, mod); err != nil {
				t.Fatal(err)
			}
			wants(t, w.signsUp("eve", "", by(lost)), chat.BadInvitation)
			wants(t, w.signsUp("ada", "", by(kept)), "")
			kinds, who := w.noted(mod)
			if i := slices.Index(kinds, events.NotedInvitationEnded); i < 0 || who[i] != owner {
				t.Errorf("noted: %v by %v", kinds, who)
			}
		})
	}
}

func TestAnInvitationIsUsedAsOftenAsItSays(t *testing.T) {
	w := newWorld(t)
	owner := w.person("owner")
	made, hash := w.invitation(owner, 7)
	rules := chat.Admission{Mode: chat.ModeInvitation, Invitation: hash}
	var errs []error
	w.whileLocked(`SELECT FROM signup_invitations FOR UPDATE`, 10, func() {
		errs = atOnce(40, func(i int) error {
			_, _, err := w.SignUp(within(t, patience), chat.NewAccount{Name: fmt.Sprintf("person%d", i), Admission: &rules}, chat.Device{})
			return err
		})
	})
	if counts := tally(errs); counts[""] != 7 || counts[chat.BadInvitation] != 33 {
		t.Errorf("%v", counts)
	}
	if open := must[[]chat.SignUpInvitation](t)(w.Invitations(t.Context())); len(open) > 0 {
		t.Errorf("%s is still open: %+v", made.ID, open)
	}
}

// Who is refused for another reason has not used it.
func TestASignUpThatFailsUsesNoInvitation(t *testing.T) {
	w := newWorld(t)
	owner := w.person("owner")
	_, hash := w.invitation(owner, 1)
	rules := chat.Admission{Mode: chat.ModeInvitation, Invitation: hash}
	_, _, err := w.SignUp(t.Context(), chat.NewAccount{Name: "OWNER", Admission: &rules}, chat.Device{})
	wants(t, err, chat.NameTaken)
	if err := w.signsUp("ada", "", rules); err != nil {
		t.Error(err)
	}
}

func TestAnInvitationEnds(t *testing.T) {
	w := newWorld(t)
	owner, moderator, member := w.roles()
	ended, hash := w.invitation(moderator, 5)
	late, lateHash := w.invitation(owner, 5)
	if open := must[[]chat.SignUpInvitation](t)(w.Invitations(t.Context())); len(open) != 2 || open[0] != late || open[1] != ended {
		t.Errorf("%+v", open)
	}
	_, err := w.EndInvitation(t.Context(), member, ended.ID, chat.Device{})
	wants(t, err, chat.NotFound)
	for _, unknown := range []string{chat.NewID(), "", "*"} {
		_, err := w.EndInvitation(t.Context(), owner, unknown, chat.Device{})
		wants(t, err, chat.NotFound)
	}
	for range 2 {
		must[string](t)(w.EndInvitation(t.Context(), owner, ended.ID, chat.Device{}))
	}
	w.exec(`UPDATE signup_invitations SET expires = clock_timestamp() WHERE id = $1`, late.ID)
	for _, hash := range [][]byte{hash, lateHash} {
		if err := w.signsUp("ada", "", chat.Admission{Mode: chat.ModeInvitation, Invitation: hash}); chat.CodeOf(err) != chat.BadInvitation {
			t.Error(err)
		}
	}
}

func TestInvitationsAreMadeByStaffAndAtMostAHundredAreOpen(t *testing.T) {
	w := newWorld(t)
	_, moderator, member := w.roles()
	invite := func(by events.Person) error {
		_, hash := auth.NewInvitation()
		_, _, err := w.MakeInvitation(within(t, patience), by, chat.NewInvitation{Hash: hash, Uses: 1, Lasts: time.Hour}, chat.Device{})
		return err
	}
	wants(t, invite(member), chat.NotFound)
	counts := tally(atOnce(chat.MaxSignUpInvitations+5, func(int) error { return invite(moderator) }))
	if counts[""] != chat.MaxSignUpInvitations || counts[chat.LimitReached] != 5 {
		t.Errorf("%v", counts)
	}
}

// Of many who sign up at once where nobody may but the first, one does.
func TestOnlyOneAccountIsTheFirst(t *testing.T) {
	w := newWorld(t)
	rules := chat.Admission{Mode: chat.ModeClosed}
	counts := tally(atOnce(20, func(i int) error {
		_, _, err := w.SignUp(within(t, patience), chat.NewAccount{Name: fmt.Sprintf("person%d", i), Admission: &rules}, chat.Device{})
		return err
	}))
	if counts[""] != 1 || counts[chat.SignUpClosed] != 19 {
		t.Errorf("%v", counts)
	}
}

// Another way to make accounts that forgets to ask who may lets nobody in.
func TestWhoForgetsToAskLetsNobodyIn(t *testing.T) {
	w := newWorld(t)
	wants(t, w.SignUpWithin(t.Context(), chat.NewAccount{Name: "first"}), "") // is always let in
	wants(t, w.SignUpWithin(t.Context(), chat.NewAccount{Name: "ada"}), chat.SignUpClosed)
	wants(t, w.SignUpWithin(t.Context(), chat.NewAccount{Name: "bob", Admission: &chat.Admission{Mode: chat.ModeOpen}}), "")
}

func TestWhereAnOwnerIsNamedNobodyElseIsOneForComingFirst(t *testing.T) {
	w := newWorld(t)
	named := chat.Admission{Mode: chat.ModeClosed, Owner: "boss@example.org"}
	wants(t, w.SignUpAllowed(t.Context(), "joe@example.org", named), chat.SignUpClosed)
	_, _, err := w.SignUp(t.Context(), chat.NewAccount{Name: "joe", Email: "joe@example.org", Admission: &named}, chat.Device{})
	wants(t, err, chat.SignUpClosed)
	open := chat.Admission{Mode: chat.ModeOpen, Owner: named.Owner}
	for name, want := range map[string]chat.Role{"joe": chat.Plain, "boss": chat.Owner} {
		s, _, err := w.SignUp(t.Context(), chat.NewAccount{Name: name, Email: name + "@example.org", Admission: &open}, chat.Device{})
		wants(t, err, "")
		if role := must[chat.Role](t)(w.RoleOf(t.Context(), s.User.ID)); role != want {
			t.Errorf("%s is %s", name, role)
		}
	}
}

package sql_test

import (
	"slices"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// roles signs up an owner, who is the first, and two others.
func (w *world) roles() (owner, moderator, member events.Person) {
	w.t.Helper()
	owner, moderator, member = w.person("owner"), w.person("moderator"), w.person("member")
	must[string](w.t)(w.SetRole(w.t.Context(), owner, moderator.ID, chat.Moderator, chat.Device{}))
	return owner, moderator, member
}

func (w *world) role(user events.Person) chat.Role {
	w.t.Helper()
	return must[chat.Role](w.t)(w.RoleOf(w.t.Context(), user.ID))
}

// noted returns what the audit's events say of the user, in their order.
func (w *world) noted(user events.Person) (kinds []string, by []events.Person) {
	w.t.Helper()
	w.flush(events.Audit.Subject(user.ID))
	for _, entry := range w.log.of(events.Audit, 0, 99) {
		ev := must[events.Event](w.t)(entry.Event())
		if ev.Scope == user.ID {
			data := must[events.SecurityNotedData](w.t)(events.DataOf[events.SecurityNotedData](ev))
			kinds, by = append(kinds, data.Kind), append(by, ev.Actor)
		}
	}
	return kinds, by
}

func TestTheFirstAccountIsTheOwnersAndOnlyOwnersGiveRoles(t *testing.T) {
	w := newWorld(t)
	owner, moderator, member := w.roles()
	if a, b, c := w.role(owner), w.role(moderator), w.role(member); a != chat.Owner || b != chat.Moderator || c != chat.Plain {
		t.Fatal(a, b, c)
	}
	for _, by := range []events.Person{moderator, member, {ID: chat.NewID()}, {ID: "x"}} {
		_, err := w.SetRole(t.Context(), by, member.ID, chat.Owner, chat.Device{})
		wants(t, err, chat.NotFound)
	}
	for _, nobody := range []string{chat.NewID(), "", "*"} {
		_, err := w.SetRole(t.Context(), owner, nobody, chat.Moderator, chat.Device{})
		wants(t, err, chat.NotFound)
	}
	if subject := must[string](t)(w.SetRole(t.Context(), owner, moderator.ID, chat.Moderator, chat.Device{})); subject != "" {
		t.Error("the same role again is told")
	}
	kinds, by := w.noted(moderator)
	if last := len(kinds) - 1; kinds[last] != events.NotedRoleChanged || by[last] != owner {
		t.Errorf("noted: %v by %v", kinds, by)
	}
}

func TestTheLastOwnerStays(t *testing.T) {
	w := newWorld(t)
	owner, moderator, _ := w.roles()
	_, err := w.SetRole(t.Context(), owner, owner.ID, chat.Plain, chat.Device{})
	wants(t, err, chat.Conflict)
	_, _, err = w.Disable(t.Context(), owner, owner.ID, chat.Device{})
	wants(t, err, chat.Conflict)
	must[string](t)(w.SetRole(t.Context(), owner, moderator.ID, chat.Owner, chat.Device{}))
	if _, _, err := w.Disable(t.Context(), moderator, owner.ID, chat.Device{}); err != nil {
		t.Fatal(err)
	}
	// A disabled owner is none that could help.
	_, err = w.SetRole(t.Context(), moderator, moderator.ID, chat.Plain, chat.Device{})
	wants(t, err, chat.Conflict)
	_, err = w.SetRole(t.Context(), owner, moderator.ID, chat.Plain, chat.Device{})
	wants(t, err, chat.NotFound)
}

// Each of many owners gives the role up, or takes it from the next, at the same
// moment: one is left.
func TestOfManyOwnersWhoStepDownAtOnceOneStays(t *testing.T) {
	steps := map[string]func(w *world, owners []events.Person, i int) error{
		"each demotes themselves": func(w *world, owners []events.Person, i int) error {
			_, err := w.SetRole(within(w.t, patience), owners[i], owners[i].ID, chat.Plain, chat.Device{})
			return err
		},
		"each demotes the next": func(w *world, owners []events.Person, i int) error {
			_, err := w.SetRole(within(w.t, patience), owners[i], owners[(i+1)%len(owners)].ID, chat.Plain, chat.Device{})
			return err
		},
		"each disables themselves": func(w *world, owners []events.Person, i int) error {
			_, _, err := w.Disable(within(w.t, patience), owners[i], owners[i].ID, chat.Device{})
			return err
		},
		"half of them disable, half demote the next": func(w *world, owners []events.Person, i int) error {
			next := owners[(i+1)%len(owners)].ID
			if i%2 == 0 {
				_, _, err := w.Disable(within(w.t, patience), owners[i], next, chat.Device{})
				return err
			}
			_, err := w.SetRole(within(w.t, patience), owners[i], next, chat.Moderator, chat.Device{})
			return err
		},
	}
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			owners := []events.Person{w.person("owner")}
			for _, name := range []string{"ada", "bob", "cyd", "dan", "eva"} {
				owners = append(owners, w.person(name))
			}
			w.exec(`UPDATE users SET role = 'owner'`)
			var errs []error
			w.whileLocked(`SELECT FROM users FOR UPDATE`, len(owners), func() {
				errs = atOnce(len(owners), func(i int) error { return step(w, owners, i) })
			})
			left := 0
			for _, p := range owners {
				if role, err := w.RoleOf(t.Context(), p.ID); err == nil && role == chat.Owner {
					left++
				}
			}
			if left == 0 || tally(errs)[""]+left != len(owners) {
				t.Errorf("%d owners are left, %v", left, tally(errs))
			}
		})
	}
}

func TestAModeratorDisablesMembersOnly(t *testing.T) {
	w := newWorld(t)
	owner, moderator, member := w.roles()
	for _, c := range []struct{ by, who events.Person }{{moderator, owner}, {moderator, moderator}, {member, moderator}, {member, member}} {
		_, _, err := w.Disable(t.Context(), c.by, c.who.ID, chat.Device{})
		wants(t, err, chat.NotFound)
		_, _, err = w.Enable(t.Context(), c.by, c.who.ID, chat.Device{})
		wants(t, err, chat.NotFound)
	}
	if _, _, err := w.Disable(t.Context(), moderator, member.ID, chat.Device{}); err != nil {
		t.Fatal(err)
	}
	_, err := w.RoleOf(t.Context(), member.ID)
	wants(t, err, chat.NotFound)
}

func TestDisablingEndsSessionsAndSuspendsTokens(t *testing.T) {
	w := newWorld(t)
	owner, _, member := w.roles()
	session, other := w.login(member), w.login(owner)
	token, hash := w.token(member)
	ended, subjects, err := w.Disable(t.Context(), owner, member.ID, chat.Device{})
	if err != nil {
		t.Fatal(err)
	}
	w.flush(subjects...)
	if !slices.Contains(ended, session.ID) || !slices.Contains(ended, token.ID) || len(ended) != 3 {
		t.Errorf("ended: %v", ended)
	}
	if again, subjects, err := w.Disable(t.Context(), owner, member.ID, chat.Device{}); err != nil || len(again)+len(subjects) > 0 {
		t.Errorf("again: %v, %v, %v", again, subjects, err)
	}
	w.isOver(session)
	for _, r := range w.revoked() {
		if r.User != member.ID || r.Reason != events.ReasonDisabled {
			t.Errorf("%+v", r)
		}
	}
	_, _, err = w.StartSession(t.Context(), member, chat.Device{})
	wants(t, err, chat.WrongCredentials)
	_, err = w.TokenHolder(t.Context(), hash)
	wants(t, err, chat.Unauthenticated)
	if gone := must[[]string](t)(w.EndedSessions(t.Context(), []string{token.ID, other.ID})); !slices.Equal(gone, []string{token.ID}) {
		t.Errorf("ended: %v", gone)
	}
	if _, hash, err := w.Password(t.Context(), "member"); err != nil || hash != "" {
		t.Errorf("a disabled person's password: %q, %v", hash, err)
	}

	restored, subjects, err := w.Enable(t.Context(), owner, member.ID, chat.Device{})
	if err != nil || !slices.Equal(restored, []string{token.ID}) {
		t.Fatal(restored, err)
	}
	w.flush(subjects...)
	if who := must[chat.Principal](t)(w.TokenHolder(t.Context(), hash)); who.User != member || who.Session != token.ID {
		t.Errorf("%+v", who)
	}
	w.isOver(session)
	w.login(member)
	kinds, _ := w.noted(member)
	if !slices.Contains(kinds, events.NotedDisabled) || !slices.Contains(kinds, events.NotedEnabled) {
		t.Errorf("noted: %v", kinds)
	}
}

// Whoever logs in while they are disabled gets no session, or one that ends.
func TestNoSessionOutlivesDisabling(t *testing.T) {
	w := newWorld(t)
	owner, _, member := w.roles()
	sessions := make([]string, 12)
	w.whileLocked(`SELECT FROM users FOR UPDATE`, 12, func() {
		atOnce(len(sessions)+1, func(i int) error {
			if i == len(sessions) {
				_, _, err := w.Disable(within(t, patience), owner, member.ID, chat.Device{})
				return err
			}
			s, _, err := w.StartSession(within(t, patience), member, chat.Device{})
			sessions[i] = s.ID
			return err
		})
	})
	sessions = slices.DeleteFunc(sessions, func(id string) bool { return id == "" })
	if ended := must[[]string](t)(w.EndedSessions(t.Context(), sessions)); len(ended) != len(sessions) {
		t.Errorf("of %d sessions, %d have ended", len(sessions), len(ended))
	}
}

func TestTheOperatorNamesTheOwner(t *testing.T) {
	w := newWorld(t)
	w.person("first")
	s, _, err := w.SignUp(t.Context(), chat.NewAccount{Name: "ada", Email: "Ada@example.org"}, chat.Device{})
	if err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{"", "nobody@example.org", "ada@example.org", "ADA@example.org"} {
		must[string](t)(w.NameOwner(t.Context(), email))
	}
	if role := w.role(s.User); role != chat.Owner {
		t.Errorf("ada is %s", role)
	}
}

package edge

import (
	"fmt"
	"testing"

	"github.com/natter-chat/natter/chat"
)

// invited is a sign-up with an invitation.
func invited(name, invitation string) string {
	return fmt.Sprintf(`{"name":%q,"email":%q,"password":"correct horse","invitation":%q}`, name, emailOf(name), invitation)
}

func TestWhoMaySignUpIsWhatTheOperatorSays(t *testing.T) {
	for mode, want := range map[chat.SignUpMode]chat.Code{chat.ModeClosed: chat.SignUpClosed, chat.ModeInvitation: chat.BadInvitation} {
		t.Run(string(mode), func(t *testing.T) {
			w := newWorld(t)
			first := w.edge().join(t, "first") // before somebody else was named
			one := w.edge(func(c *Config, _ *Deps) { c.SignUp, c.Owner = mode, "Boss@Example.org" })
			if e := into[Entrance](t, one.call(t, "GET", "/api/entrance", "").must(t, 200)); e.SignUp != mode || e.First {
				t.Errorf("%+v", e)
			}
			one.call(t, "POST", "/api/signup", signUp("ada", "ada@example.org")).problem(t, 403, want)
			one.call(t, "POST", "/api/signup", invited("ada", "nonsense")).problem(t, 403, want)
			f := into[Flow](t, one.call(t, "POST", "/api/signup", signUp("boss", "boss@example.org")).must(t, 202))
			boss := (&person{t: t}).entered(one.call(t, "POST", "/api/signup/verify", sendBack(f.Flow, one.letters.code(t, "boss@example.org"))).must(t, 201))
			for _, owner := range []*person{first, boss} {
				owner.call(one, "PUT", "/api/people/"+first.id+"/role", `{"role":"owner"}`).must(t, 204)
			}
		})
	}
}

// Both may begin: only when the account is made is the invitation used.
func TestAnInvitationForOneLetsOneIn(t *testing.T) {
	w := newWorld(t)
	invitation := func(c *Config, _ *Deps) { c.SignUp = chat.ModeInvitation }
	one, two := w.edge(invitation), w.edge(invitation)
	owner := one.join(t, "owner")
	made := into[NewInvitation](t, owner.call(one, "POST", "/api/invitations", `{"uses":1,"expires_in_days":1}`).must(t, 201))
	flows := map[string]Flow{}
	for _, name := range []string{"ada", "bob"} {
		flows[name] = into[Flow](t, two.call(t, "POST", "/api/signup", invited(name, made.Invitation)).must(t, 202))
	}
	verify := func(n *node, name string) answer {
		return n.call(t, "POST", "/api/signup/verify", sendBack(flows[name].Flow, two.letters.code(t, emailOf(name))))
	}
	verify(one, "ada").must(t, 201)
	verify(two, "bob").problem(t, 403, chat.BadInvitation)
	two.call(t, "POST", "/api/signup", invited("cyd", made.Invitation)).problem(t, 403, chat.BadInvitation)
	if list := into[InvitationList](t, owner.call(two, "GET", "/api/invitations", "").must(t, 200)); len(list.Items) != 0 {
		t.Errorf("%+v", list)
	}
}

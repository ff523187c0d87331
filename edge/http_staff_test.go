package edge

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/testenv"
)

// ranks gives somebody a role.
func (p *person) ranks(n *node, other *person, role chat.Role) {
	p.t.Helper()
	p.call(n, "PUT", "/api/people/"+other.id+"/role", fmt.Sprintf(`{"role":%q}`, role)).must(p.t, 204)
}

// disables disables somebody, or enables them again.
func (p *person) disables(n *node, other *person, disabled bool) answer {
	p.t.Helper()
	return p.call(n, "PUT", "/api/people/"+other.id+"/disabled", fmt.Sprintf(`{"disabled":%v}`, disabled))
}

func TestForWhoeverHasNotTheRoleThereIsNothing(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	owner, mod, ada := one.join(t, "owner"), one.join(t, "mod"), one.join(t, "ada")
	owner.ranks(one, mod, chat.Moderator)
	const nobody = "/api/people/01970000-0000-7000-8000-000000000001"
	missing := owner.call(one, "PUT", nobody+"/role", `{"role":"member"}`).problem(t, 404, chat.NotFound)
	same := func(a answer) {
		t.Helper()
		if p := a.problem(t, 404, chat.NotFound); p.Detail != missing.Detail || p.Type != missing.Type || p.Errors != nil {
			t.Errorf("%+v differs from %+v", p, missing)
		}
	}
	same(owner.call(one, "PUT", nobody+"/disabled", `{"disabled":true}`))
	same(owner.call(one, "DELETE", "/api/invitations/01970000-0000-7000-8000-000000000001", ""))
	same(mod.call(one, "PUT", "/api/people/"+ada.id+"/role", `{"role":"owner"}`))
	same(mod.call(one, "PUT", "/api/people/"+ada.id+"/role", `{"role":"emperor"}`))
	same(mod.disables(one, owner, true))
	same(mod.disables(one, mod, true))
	for _, body := range []string{"", `{}`, `{"disabled":true}`, `{"role":"owner"}`, `nonsense`, `{"uses":1,"expires_in_days":1}`} {
		same(ada.call(one, "PUT", "/api/people/"+mod.id+"/disabled", body))
		same(ada.call(one, "PUT", "/api/people/"+ada.id+"/role", body))
		same(ada.call(one, "POST", "/api/invitations", body))
	}
	same(ada.call(one, "GET", "/api/people", ""))
	same(ada.call(one, "GET", "/api/invitations", ""))
	same(ada.call(one, "DELETE", "/api/invitations/"+ada.id, ""))
	mod.call(one, "GET", "/api/people", "").must(t, 200)
	owner.ranks(one, mod, chat.Plain) // at once, although the token is the same
	same(mod.call(one, "GET", "/api/people", ""))
}

func TestPeopleAreListedForStaff(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	owner, mod := one.join(t, "owner"), one.join(t, "mod")
	owner.ranks(one, mod, chat.Moderator)
	for i := range 3 {
		one.join(t, fmt.Sprintf("ada%d", i))
	}
	page := into[PeopleList](t, mod.call(one, "GET", "/api/people?query=ADA&limit=2", "").must(t, 200))
	if len(page.Items) != 2 || page.Next != page.Items[1].ID || page.Items[0].Name != "ada0" || page.Items[0].Role != chat.Plain || page.Items[0].Seen == nil {
		t.Errorf("%+v", page)
	}
	page = into[PeopleList](t, owner.call(one, "GET", "/api/people?query=ada&limit=2&after="+page.Next, "").must(t, 200))
	if len(page.Items) != 1 || page.Next != "" {
		t.Errorf("%+v", page)
	}
	owner.call(one, "GET", "/api/people?limit=101", "").problem(t, 400, chat.BadRequest)
	owner.call(one, "GET", "/api/people?after=x", "").problem(t, 400, chat.BadRequest)
	owner.call(one, "GET", "/api/people?query=%00", "").problem(t, 400, chat.BadRequest)
}

// What somebody has open on another edge closes, and nothing of theirs works
// anywhere; enabled again, they may log in and their token works.
func TestDisablingSomebodyEndsEverythingOfTheirsOnEveryEdge(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	owner, ada := one.join(t, "owner"), one.join(t, "ada")
	bot := ada.program(one, "read", "write")
	room := ada.makes(two, chat.Public, "Tea").ID
	ticket := into[Ticket](t, ada.call(two, "POST", "/api/tickets", "").must(t, 200))
	sockets := []*socket{ada.connects(one), ada.connects(two), bot.connects(two)}
	for _, s := range sockets {
		if h := s.follows(room, ""); h.Op != "subscribed" {
			t.Fatalf("%+v", h)
		}
	}
	streams := []*listening{ada.listens(two, ""), bot.listens(two, "")}
	started := time.Now()
	for range 2 { // repeating it is no error
		owner.disables(one, ada, true).must(t, 204)
	}
	for _, s := range sockets {
		if code, bye := s.ends(); code != 4403 || string(bye.Code) != "4403" {
			t.Errorf("a socket was closed with %d", code)
		}
	}
	for _, s := range streams {
		if e := s.next(); e.name != sseBye || !strings.Contains(e.data, "4403") {
			t.Errorf("%+v", e)
		}
	}
	t.Logf("all closed after %v", time.Since(started))
	for _, n := range []*node{one, two, w.edge()} {
		for _, p := range []*person{ada, bot} {
			p.call(n, "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated)
			p.postsAs(n, room, chat.NewID(), "x").problem(t, 401, chat.Unauthenticated)
			p.call(n, "POST", "/api/tickets", "").problem(t, 401, chat.Unauthenticated)
		}
		ada.refresh(n).problem(t, 401, chat.Unauthenticated)
		if p := n.call(t, "POST", "/api/login", `{"name":"ada","password":"correct horse"}`).problem(t, 401, chat.WrongCredentials); p.Detail != "The name or the password is wrong." {
			t.Errorf("a log-in tells %q", p.Detail)
		}
	}
	if _, resp, err := two.tryDial("?ticket=" + url.QueryEscape(ticket.Ticket)); err == nil || resp == nil || resp.StatusCode != 401 {
		t.Errorf("a ticket from before: %v", err)
	}

	owner.disables(two, ada, false).must(t, 204)
	testenv.Until(t, "the token works again", func() bool { return bot.call(one, "GET", "/api/me", "").status == 200 })
	bot.call(two, "GET", "/api/me", "").must(t, 200)
	bot.connects(one).follows(room, "")
	ada.call(one, "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated)
	ada.entered(one.call(t, "POST", "/api/login", `{"name":"ada","password":"correct horse"}`).must(t, 200))
	ada.posts(two, room, "I am back")
}

func TestTheLastOwnerIsToldToFindAnother(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	owner, ada := one.join(t, "owner"), one.join(t, "ada")
	owner.disables(one, owner, true).problem(t, 409, chat.Conflict)
	owner.call(one, "PUT", "/api/people/"+owner.id+"/role", `{"role":"member"}`).problem(t, 409, chat.Conflict)
	owner.call(one, "PUT", "/api/people/"+ada.id+"/role", `{"role":"owner"}`).must(t, 204)
	owner.call(one, "PUT", "/api/people/"+owner.id+"/role", `{"role":"member"}`).must(t, 204)
	owner.call(one, "GET", "/api/people", "").problem(t, 404, chat.NotFound)
	ada.call(one, "GET", "/api/people", "").must(t, 200)
}

func TestAnInvitationIsShownOnceAndListedUntilItEnds(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	owner := one.join(t, "owner")
	made := into[NewInvitation](t, owner.call(one, "POST", "/api/invitations", `{"uses":3,"expires_in_days":2}`).must(t, 201))
	if made.Link != one.url+"/#invitation="+made.Invitation || len(made.Invitation) != 32 || made.Item.UsesLeft != 3 || made.Item.By.ID != owner.id {
		t.Errorf("%+v", made)
	}
	if left := time.Until(made.Item.Expires).Round(time.Hour); left != 48*time.Hour {
		t.Errorf("it lasts for %v", left)
	}
	listed := owner.call(one, "GET", "/api/invitations", "").must(t, 200)
	if list := into[InvitationList](t, listed); len(list.Items) != 1 || list.Items[0] != made.Item || strings.Contains(string(listed.body), made.Invitation) {
		t.Errorf("%s", listed.body)
	}
	owner.call(one, "DELETE", "/api/invitations/"+made.Item.ID, "").must(t, 204)
	if list := into[InvitationList](t, owner.call(one, "GET", "/api/invitations", "").must(t, 200)); len(list.Items) != 0 {
		t.Errorf("%+v", list)
	}
	for _, body := range []string{`{"uses":0,"expires_in_days":1}`, `{"uses":101,"expires_in_days":1}`, `{"uses":1,"expires_in_days":0}`, `{"uses":1,"expires_in_days":31}`, `{}`} {
		owner.call(one, "POST", "/api/invitations", body).problem(t, 400, chat.BadRequest)
	}
}

func TestWhileSignUpIsClosedNobodyIsInvited(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.SignUp, c.Owner = chat.ModeClosed, emailOf("owner") })
	owner := one.join(t, "owner")
	owner.call(one, "POST", "/api/invitations", `{"uses":1,"expires_in_days":1}`).problem(t, 409, chat.Conflict)
	if list := into[InvitationList](t, owner.call(one, "GET", "/api/invitations", "").must(t, 200)); len(list.Items) != 0 {
		t.Errorf("%+v", list)
	}
}

package edge

import (
	"context"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// undone are staff whose decisions are taken back at the commit.
type undone struct {
	Staff
	touched string
}

func (u undone) Disable(context.Context, events.Person, string, chat.Device) (ended, subjects []string, err error) {
	return []string{u.touched}, nil, chat.Errorf(chat.Conflict, "undone")
}

func (u undone) Enable(context.Context, events.Person, string, chat.Device) (restored, subjects []string, err error) {
	return []string{u.touched}, nil, chat.Errorf(chat.Conflict, "undone")
}

func TestADecisionThatTheDatabaseTookBackHasNoEffect(t *testing.T) {
	w := newWorld(t)
	staff := &undone{}
	one := w.edge(func(_ *Config, d *Deps) { staff.Staff, d.Staff = d.Staff, staff })
	ada := one.join(t, "ada")
	who := one.join(t, "owner")
	if _, err := w.db.NameOwner(t.Context(), who.email); err != nil {
		t.Fatal(err)
	}
	staff.touched = ada.session
	who.call(one, "PUT", "/api/people/"+ada.id+"/disabled", `{"disabled":true}`).problem(t, 409, chat.Conflict)
	ada.call(one, "GET", "/api/me", "").must(t, 200)
	one.sessions.end(ada.session, "test")
	who.call(one, "PUT", "/api/people/"+ada.id+"/disabled", `{"disabled":false}`).problem(t, 409, chat.Conflict)
	ada.call(one, "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated)
}

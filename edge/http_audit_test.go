package edge

import (
	"fmt"
	"slices"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

func TestEverybodyReadsWhatHappenedToTheirAccount(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	other := ada.again(one)
	w.persist()
	other.call(one, "DELETE", "/api/session", "").must(t, 204) // the tables do not know it yet
	want := []string{"session_ended", "login", "login", "signup"}
	if got, _ := ada.noted(one, ""); !slices.Equal(got, want) {
		t.Errorf("ada reads %v, want %v", got, want)
	}
	if got, _ := bob.noted(one, ""); !slices.Equal(got, want[2:]) {
		t.Errorf("bob reads %v, want %v", got, want[2:])
	}
	var paged []string
	for next, pages := uint64(0), 0; ; pages++ {
		kinds, page := ada.noted(one, fmt.Sprintf("?limit=1&before=%d", next))
		paged = append(paged, kinds...)
		if next = page.Next; next == 0 || pages > 9 {
			break
		}
	}
	if !slices.Equal(paged, want) {
		t.Errorf("page by page ada reads %v, want %v", paged, want)
	}
	w.persist()
	if got, _ := ada.noted(one, ""); !slices.Equal(got, want) {
		t.Errorf("from the tables ada reads %v, want %v", got, want)
	}
}

func TestOnlyTheOwnerReadsWhatHappenedToAll(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	owner, bob := one.join(t, "ada"), one.join(t, "bob") // the first account is the owner's
	bob.call(one, "GET", "/api/audit/all", "").problem(t, 404, chat.NotFound)
	one.call(t, "GET", "/api/audit/all", "").problem(t, 401, chat.Unauthenticated)
	if got, _ := owner.noted(one, "/all"); !slices.Equal(got, []string{"login", "signup", "login", "signup"}) {
		t.Errorf("the owner reads %v", got)
	}
	if got, page := owner.noted(one, "/all?user="+bob.id); !slices.Equal(got, []string{"login", "signup"}) || page.Next != 0 {
		t.Errorf("of bob the owner reads %v", got)
	}
	owner.call(one, "GET", "/api/audit/all?user=*", "").problem(t, 400, chat.BadRequest)
}

func TestNobodyReadsFromWhereAModeratorActedOnThem(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	owner, ada := one.join(t, "owner"), one.join(t, "ada")
	owner.ranks(one, ada, chat.Moderator)
	of := func(page AuditPage) (events.Event, events.SecurityNotedData) {
		ev, err := events.Decode(page.Items[0].Event)
		if err != nil {
			t.Fatal(err)
		}
		data, err := events.DataOf[events.SecurityNotedData](ev)
		if err != nil {
			t.Fatal(err)
		}
		return ev, data
	}
	for range 2 { // from the log, then from the tables
		_, own := ada.noted(one, "")
		_, all := owner.noted(one, "/all?user="+ada.id)
		if ev, data := of(own); data.Kind != events.NotedRoleChanged || data.Detail != "moderator" || ev.Actor.ID != owner.id || data.Address != "" || data.Device != "" {
			t.Errorf("ada reads %+v by %v", data, ev.Actor)
		}
		if ev, data := of(all); ev.Actor.ID != owner.id || data.Address == "" {
			t.Errorf("the owner reads %+v by %v", data, ev.Actor)
		}
		page := AuditPage{Items: own.Items[1:]}
		if _, data := of(page); data.Kind != events.NotedLogin || data.Address == "" {
			t.Errorf("of herself ada reads %+v", data)
		}
		w.persist()
	}
}

func TestFailedLoginsAreNotedTogether(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	for _, body := range []string{`{"name":"ada","password":"wrong horse"}`, `{"name":"nobody","password":"wrong horse"}`} {
		for range 3 {
			one.call(t, "POST", "/api/login", body, "User-Agent", firefox).problem(t, 401, chat.WrongCredentials)
		}
	}
	var kinds []string
	var page AuditPage
	testenv.Until(t, "the failures are noted", func() bool {
		kinds, page = ada.noted(one, "")
		return kinds[0] == events.NotedLoginFailed
	})
	if n := len(kinds); n > 4 {
		t.Errorf("three guesses are noted %d times", n-2)
	}
	ev, _ := events.Decode(page.Items[0].Event)
	data, _ := events.DataOf[events.SecurityNotedData](ev)
	if data.Device != "Firefox on Linux" || data.Address != "127.0.0.1" || ev.Actor != (events.Person{}) {
		t.Errorf("noted %+v by %v", data, ev.Actor)
	}
	if all, _ := ada.noted(one, "/all"); len(all) != len(kinds) {
		t.Errorf("something was noted of a name that nobody bears: %v", all)
	}
}

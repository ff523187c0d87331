package sql_test

import (
	"slices"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/sql"
)

func TestPeopleAreListedByNameInPages(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"Cyd", "ada", "Bob", "dan"} {
		if _, _, err := w.SignUp(t.Context(), chat.NewAccount{Name: name, Email: name + "@example.org"}, chat.Device{}); err != nil {
			t.Fatal(err)
		}
	}
	w.exec(`UPDATE users SET disabled = now() WHERE name = 'dan'`)
	w.exec(`DELETE FROM sessions WHERE user_id = (SELECT id FROM users WHERE name = 'Bob')`)
	names := func(q chat.PeopleQuery) (names []string, people []chat.KnownPerson) {
		people = must[[]chat.KnownPerson](t)(w.People(t.Context(), q))
		for _, p := range people {
			names = append(names, p.Name)
		}
		return names, people
	}
	first, people := names(chat.PeopleQuery{Limit: 2})
	if !slices.Equal(first, []string{"ada", "Bob"}) || people[0].Email != "" || people[0].Seen == nil || people[1].Seen != nil {
		t.Errorf("%+v", people)
	}
	rest, people := names(chat.PeopleQuery{Limit: 50, After: people[1].ID, Emails: true})
	if !slices.Equal(rest, []string{"Cyd", "dan"}) || people[0].Email != "Cyd@example.org" || people[0].Role != chat.Owner || people[0].Disabled || !people[1].Disabled {
		t.Errorf("%+v", people)
	}
	if found, _ := names(chat.PeopleQuery{Limit: 50, Query: "D"}); !slices.Equal(found, []string{"ada", "Cyd", "dan"}) {
		t.Errorf("%v", found)
	}
	for emails, want := range map[bool]int{true: 4, false: 0} {
		if found, _ := names(chat.PeopleQuery{Limit: 50, Query: "example", Emails: emails}); len(found) != want {
			t.Errorf("%v with emails %v", found, emails)
		}
	}
	for _, q := range []chat.PeopleQuery{{Query: "\x00"}, {After: "x"}, {After: chat.NewID()}} {
		if found, _ := names(q); len(found) > 0 {
			t.Errorf("%+v: %v", q, found)
		}
	}
}

func TestAPageOfPeopleBeginsWhereTheOneBeforeEnded(t *testing.T) {
	w := newWorld(t)
	w.person("ada")
	w.exec(`INSERT INTO users (id, name, name_key, password_hash)
		SELECT ('01970000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 'u' || lpad(i::text, 6, '0'), 'u' || lpad(i::text, 6, '0'), ''
		FROM generate_series(1, 5000) i`)
	w.exec(`ANALYZE users, sessions`)
	rows := rowsRead(t, w, "users", func(db *sql.DB) {
		page := must[[]chat.KnownPerson](t)(db.People(t.Context(), chat.PeopleQuery{After: "01970000-0000-7000-8000-000000004000", Limit: 50}))
		if len(page) != 50 || page[0].Name != "u004001" {
			t.Errorf("%d people, the first %v", len(page), page[:min(1, len(page))])
		}
	})
	if rows == 0 || rows > 200 {
		t.Errorf("for 50 people %d rows were read", rows)
	}
}

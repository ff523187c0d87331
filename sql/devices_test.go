package sql_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// open returns the ids of the user's sessions, the last seen first.
func (w *world) open(user events.Person) []string {
	w.t.Helper()
	var ids []string
	for _, s := range must[[]chat.OpenSession](w.t)(w.OpenSessions(w.t.Context(), user.ID)) {
		ids = append(ids, s.ID)
	}
	return ids
}

func TestAListOfSessionsSaysWhereAndWhenTheyWereRefreshed(t *testing.T) {
	w := newWorld(t)
	first := w.session()
	laptop := chat.Device{Name: "Firefox on Linux", Address: "203.0.113.4"}
	second, _, err := w.StartSession(t.Context(), first.User, laptop)
	wants(t, err, "")
	w.exec(`UPDATE sessions SET seen = seen - interval '1 hour'`)
	before := must[[]chat.OpenSession](t)(w.OpenSessions(t.Context(), first.User.ID))
	w.rotate(first.ID, 1)
	after := must[[]chat.OpenSession](t)(w.OpenSessions(t.Context(), first.User.ID))
	if len(before) != 3 || len(after) != 3 || before[0].ID != second.ID || after[0].ID != first.ID || after[1].ID != second.ID {
		t.Fatalf("got %+v, then %+v", before, after)
	}
	if s := after[0]; s.Device != phone.Name || s.Address != phone.Address || time.Since(s.Seen) > time.Minute {
		t.Errorf("the refreshed one: %+v", s)
	}
	if s := after[1]; s.Device != laptop.Name || s.Address != laptop.Address || s.Seen.After(time.Now().Add(-time.Minute)) {
		t.Errorf("the other one: %+v", s)
	}
}

func TestNobodyEndsAnothersSession(t *testing.T) {
	w := newWorld(t)
	ada, ben := w.session(), w.login(w.person("ben"))
	_, err := w.EndSession(t.Context(), ben.User, ada.ID, "ended", phone)
	wants(t, err, chat.NotFound)
	must[[]string](t)(w.EndOtherSessions(t.Context(), ben.User, ben.ID, "ended", phone))
	w.rotate(ada.ID, 1)
}

func TestEndingTheOthersKeepsOne(t *testing.T) {
	w := newWorld(t)
	kept := w.session()
	others := []string{w.login(kept.User).ID, w.login(kept.User).ID}
	subjects := must[[]string](t)(w.EndOtherSessions(t.Context(), kept.User, kept.ID, "ended", phone))
	w.flush(subjects...)
	if got := w.open(kept.User); !slices.Equal(got, []string{kept.ID}) {
		t.Errorf("open: %v, want %s alone", got, kept.ID)
	}
	for _, id := range others {
		if !slices.Contains(subjects, events.Sessions.Subject(id)) {
			t.Errorf("no revocation of %s in %q", id, subjects)
		}
	}
	ended := 0
	for _, ev := range w.about(kept.User.ID) {
		data := must[events.SecurityNotedData](t)(events.DataOf[events.SecurityNotedData](ev))
		if data.Kind == events.NotedSessionEnded && data.Detail == "ended" && slices.Contains(others, data.Session) && ev.Actor == kept.User {
			ended++
		}
	}
	if ended < 2 {
		t.Errorf("%d of 2 endings were noted", ended)
	}
}

// I11: never more than the allowed sessions, and the newest are those that live.
func TestFiftyLoginsAtOnceLeaveTheNewestSessionsAlone(t *testing.T) {
	w := newWorld(t)
	pools := []*sql.DB{w.DB, open(t, w.url)}
	user := w.person("ada")
	stop, watched := make(chan struct{}), make(chan int)
	go func() { watched <- w.mostOpen(user, stop) }()
	var mu sync.Mutex
	var made []string
	errs := atOnce(50, func(i int) error {
		s, _, err := pools[i%2].StartSession(within(t, patience), user, phone)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			made = append(made, s.ID)
		}
		return err
	})
	close(stop)
	if most := <-watched; most > chat.MaxSessions {
		t.Errorf("%d sessions were open at a time", most)
	}
	if tally(errs)[""] != 50 {
		t.Fatalf("got %v", tally(errs))
	}
	open := w.open(user)
	if len(open) != chat.MaxSessions {
		t.Errorf("%d sessions are open, want %d", len(open), chat.MaxSessions)
	}
	// A session's place is that in which its transaction committed, which is
	// when it was noted: under the person's lock, so that the outbox tells.
	w.flush(events.Audit.Subject(user.ID))
	var order []string
	for _, ev := range w.about(user.ID) {
		data := must[events.SecurityNotedData](t)(events.DataOf[events.SecurityNotedData](ev))
		if data.Kind == events.NotedLogin && slices.Contains(made, data.Session) {
			order = append(order, data.Session)
		}
	}
	newest := slices.Sorted(slices.Values(order[len(order)-chat.MaxSessions:]))
	if slices.Sort(open); !slices.Equal(open, newest) {
		t.Errorf("open are %v, the newest are %v", open, newest)
	}
}

// mostOpen looks again and again at how many sessions the user has, until stop.
func (w *world) mostOpen(user events.Person, stop <-chan struct{}) (most int) {
	for {
		select {
		case <-stop:
			return most
		default:
			open, err := w.OpenSessions(within(w.t, patience), user.ID)
			if err != nil {
				w.t.Error(err)
				<-stop
				return most
			}
			most = max(most, len(open))
		}
	}
}

func TestATokenLivesLikeASessionAndNothingOfADisabledPersonLives(t *testing.T) {
	w := newWorld(t)
	s := w.session()
	live, ended, expired := chat.NewID(), chat.NewID(), chat.NewID()
	for id, hash := range map[string]string{live: "a", ended: "b", expired: "c"} {
		w.exec(`INSERT INTO tokens (id, user_id, name, scopes, hash) VALUES ($1, $2, 'bot', '{read}', $3)`, id, s.User.ID, []byte(hash))
	}
	w.exec(`UPDATE tokens SET ended = now() WHERE id = $1`, ended)
	w.exec(`UPDATE tokens SET expires = now() - interval '1 second' WHERE id = $1`, expired)
	all := []string{s.ID, live, ended, expired}
	check := func(want ...string) {
		t.Helper()
		got := must[[]string](t)(w.EndedSessions(t.Context(), all))
		slices.Sort(got)
		if slices.Sort(want); !slices.Equal(got, want) {
			t.Errorf("ended: %v, want %v", got, want)
		}
	}
	check(ended, expired)
	w.exec(`UPDATE users SET disabled = now()`)
	check(all...)
	_, _, err := w.RotateSession(t.Context(), s.ID, 1, phone)
	wants(t, err, chat.Unauthenticated)
	w.exec(`UPDATE users SET disabled = NULL`)
	check(ended, expired)
}

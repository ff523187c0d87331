package sql_test

import (
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// login starts a session of the user.
func (w *world) login(user events.Person) chat.Session {
	w.t.Helper()
	s, _, err := w.StartSession(w.t.Context(), user, chat.Device{})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) session() chat.Session {
	w.t.Helper()
	return w.login(w.person("ada"))
}

// rotate redeems a generation that must be valid.
func (w *world) rotate(session string, generation uint32) chat.Session {
	w.t.Helper()
	s, subjects, err := w.RotateSession(w.t.Context(), session, generation, phone)
	if err != nil || subjects != nil {
		w.t.Fatalf("rotate generation %d: %q, %v", generation, subjects, err)
	}
	return s
}

var (
	phone = chat.Device{Name: "Chrome on Android", Address: "192.0.2.7"}
	thief = chat.Device{Name: "Firefox on Windows", Address: "198.51.100.9"}
)

// tellsOfReuse checks that the person of s was told that an old token was used,
// and that the audit says where.
func (w *world) tellsOfReuse(s chat.Session) {
	w.t.Helper()
	noted := w.about(s.User.ID)
	last := noted[len(noted)-1]
	data := must[events.SecurityNotedData](w.t)(events.DataOf[events.SecurityNotedData](last))
	if want := (events.SecurityNotedData{Kind: "refresh_reuse", Device: thief.Name, Address: thief.Address, Session: s.ID}); data != want || last.Actor != (events.Person{}) {
		w.t.Errorf("noted %+v by %v, want %+v by nobody", data, last.Actor, want)
	}
	told := w.log.of(events.Notify, 0, 99)
	if len(told) != 1 {
		w.t.Fatalf("told %d times", len(told))
	}
	ev := must[events.Event](w.t)(told[0].Event())
	notice := must[events.NotifiedData](w.t)(events.DataOf[events.NotifiedData](ev))
	if notice != (events.NotifiedData{Kind: "security", Source: last.ID, Noted: events.NotedRefreshReuse}) || ev.Scope != s.User.ID || ev.ID != chat.NotificationID(s.User.ID, last.ID, "security") {
		w.t.Errorf("told %+v as %s", notice, ev.ID)
	}
}

// about returns what the log says happened to the user's account.
func (w *world) about(user string) []events.Event {
	w.t.Helper()
	var all []events.Event
	for _, entry := range w.log.of(events.Audit, 0, 999) {
		if ev := must[events.Event](w.t)(entry.Event()); ev.Scope == user {
			all = append(all, ev)
		}
	}
	return all
}

// isOver checks that nothing of the session can be used.
func (w *world) isOver(s chat.Session) {
	w.t.Helper()
	for generation := range s.Generation + 2 {
		_, _, err := w.RotateSession(w.t.Context(), s.ID, generation, phone)
		wants(w.t, err, chat.Unauthenticated)
	}
	if ended := must[[]string](w.t)(w.EndedSessions(w.t.Context(), []string{s.ID})); !slices.Equal(ended, []string{s.ID}) {
		w.t.Errorf("ended: %v", ended)
	}
}

// ends logs out of a session.
func (w *world) ends(s chat.Session) (subjects []string) {
	w.t.Helper()
	return must[[]string](w.t)(w.EndSession(w.t.Context(), s.User, s.ID, "logout", phone))
}

// revoked returns the revocations in the log.
func (w *world) revoked() []events.SessionRevokedData {
	w.t.Helper()
	var all []events.SessionRevokedData
	for _, entry := range w.log.of(events.Sessions, 0, 99) {
		ev := must[events.Event](w.t)(entry.Event())
		all = append(all, must[events.SessionRevokedData](w.t)(events.DataOf[events.SessionRevokedData](ev)))
	}
	return all
}

func TestARefreshTokenIsRedeemedOnceAndItsPredecessorForAMoment(t *testing.T) {
	w := newWorld(t)
	s := w.session()
	second := w.rotate(s.ID, 1)
	if second.Generation != 2 || second.User != s.User || second.Expires.Before(s.Expires) {
		t.Errorf("got %+v after %+v", second, s)
	}
	if again := w.rotate(s.ID, 1); again != second {
		t.Errorf("the predecessor yields %+v, not its successor %+v", again, second)
	}
	if third := w.rotate(s.ID, 2); third.Generation != 3 {
		t.Errorf("got %+v", third)
	}
}

func TestAnOldRefreshTokenEndsTheSession(t *testing.T) {
	cases := map[string]func(w *world, s chat.Session) uint32{
		"a grandparent at once": func(w *world, s chat.Session) uint32 {
			w.rotate(s.ID, 1)
			w.rotate(s.ID, 2)
			return 1
		},
		"the predecessor after its moment": func(w *world, s chat.Session) uint32 {
			w.rotate(s.ID, 1)
			w.exec(`UPDATE sessions SET rotated = rotated - $1::interval`, sql.RefreshGrace+time.Second)
			return 1
		},
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.session()
			old := prepare(w, s)
			_, subjects, err := w.RotateSession(t.Context(), s.ID, old, thief)
			wants(t, err, chat.Unauthenticated)
			want := []string{events.Sessions.Subject(s.ID), events.Notify.Subject(s.User.ID), events.Audit.Subject(s.User.ID)}
			if !slices.Equal(subjects, want) {
				t.Fatalf("the events stand on %q, want %q", subjects, want)
			}
			w.flush(subjects...)
			w.tellsOfReuse(s)
			if got := w.revoked(); len(got) != 1 || got[0].User != s.User.ID || got[0].Reason != "refresh_reuse" {
				t.Errorf("revocations: %+v", got)
			}
			w.isOver(s)
		})
	}
}

func TestAGenerationThatNeverWasIsRefusedAndHarmsNobody(t *testing.T) {
	w := newWorld(t)
	s := w.session()
	for _, generation := range []uint32{2, 7, 1<<32 - 1} {
		_, subjects, err := w.RotateSession(t.Context(), s.ID, generation, phone)
		if wants(t, err, chat.Unauthenticated); subjects != nil {
			t.Errorf("generation %d revoked the session", generation)
		}
	}
	w.rotate(s.ID, 1)
	for _, session := range []string{"", "*", chat.NewID()} {
		_, _, err := w.RotateSession(t.Context(), session, 1, phone)
		wants(t, err, chat.Unauthenticated)
	}
}

func TestFiftyRefreshesAtOnceMakeOneSuccessor(t *testing.T) {
	w := newWorld(t)
	s := w.session()
	var mu sync.Mutex
	successors := map[chat.Session]int{}
	var errs []error
	w.whileLocked(`SELECT FROM sessions FOR UPDATE`, 10, func() {
		errs = atOnce(50, func(int) error {
			next, _, err := w.RotateSession(within(t, patience), s.ID, 1, phone)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				successors[next]++
			}
			return err
		})
	})
	if tally(errs)[""] != 50 || len(successors) != 1 {
		t.Errorf("got %v, %v", tally(errs), successors)
	}
	if next := w.rotate(s.ID, 2); next.Generation != 3 {
		t.Errorf("got %+v", next)
	}
}

func TestEndingASessionEndsItOnce(t *testing.T) {
	w := newWorld(t)
	s := w.session()
	subjects := w.ends(s)
	if again := w.ends(s); !slices.Equal(again, subjects[:1]) {
		t.Errorf("while its event waits, a repeat returns %q, not %q", again, subjects[:1])
	}
	w.flush(subjects...)
	if again := w.ends(s); !slices.Equal(again, []string{""}) {
		t.Errorf("when nothing waits, a repeat returns %q", again)
	}
	if got := w.revoked(); len(got) != 1 || got[0].Reason != "logout" {
		t.Errorf("revocations: %+v", got)
	}
	w.isOver(s)
	for _, session := range []string{"*", chat.NewID()} {
		_, err := w.EndSession(t.Context(), s.User, session, "logout", phone)
		wants(t, err, chat.NotFound)
	}
}

func TestAnExpiredSessionHasEnded(t *testing.T) {
	w := newWorld(t)
	s := w.session()
	w.exec(`UPDATE sessions SET expires = now() - interval '1 second'`)
	w.isOver(s)
}

func TestEndedSessionsNamesTheUnknownOnesToo(t *testing.T) {
	w := newWorld(t)
	live, ended, unknown := w.session(), w.login(w.person("bob")), chat.NewID()
	w.ends(ended)
	got := must[[]string](t)(w.EndedSessions(t.Context(), []string{live.ID, ended.ID, unknown, "x"}))
	slices.Sort(got)
	want := []string{ended.ID, unknown, "x"}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := must[[]string](t)(w.EndedSessions(t.Context(), nil)); len(got) > 0 {
		t.Errorf("of none, %v have ended", got)
	}
}

func TestATicketIsTakenOnce(t *testing.T) {
	w := newWorld(t)
	s := w.session()
	now := time.Now().UTC().Truncate(time.Millisecond)
	who := chat.Principal{User: s.User, Session: s.ID, Expires: now.Add(time.Minute)}
	if err := w.SaveTicket(t.Context(), []byte("one"), who, now.Add(30*time.Second)); err != nil {
		t.Fatal(err)
	}
	counts := tally(atOnce(20, func(int) error {
		got, err := w.TakeTicket(within(t, patience), []byte("one"), now)
		if err == nil && !reflect.DeepEqual(got, who) {
			t.Errorf("got %+v, want %+v", got, who)
		}
		return err
	}))
	if counts[""] != 1 || counts[chat.Unauthenticated] != 19 {
		t.Errorf("got %v", counts)
	}
}

func TestATicketThatExpiredIsWorthNothing(t *testing.T) {
	w := newWorld(t)
	s := w.session()
	now := time.Now()
	if err := w.SaveTicket(t.Context(), []byte("late"), chat.Principal{User: s.User, Session: s.ID, Expires: now}, now); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := w.TakeTicket(t.Context(), []byte("late"), now)
		wants(t, err, chat.Unauthenticated)
	}
}

func TestPruneDeletesOnlyWhatNobodyCanUse(t *testing.T) {
	w := newWorld(t)
	live, ended := w.session(), w.login(w.person("bob"))
	w.ends(ended)
	now := time.Now()
	who := chat.Principal{User: live.User, Session: live.ID, Expires: now}
	for hash, expires := range map[string]time.Time{"fresh": now.Add(time.Minute), "stale": now.Add(-48 * time.Hour)} {
		if err := w.SaveTicket(t.Context(), []byte(hash), who, expires); err != nil {
			t.Fatal(err)
		}
	}
	if n := must[int64](t)(w.Prune(t.Context())); n != 1 {
		t.Errorf("pruned %d at first, not the stale ticket alone", n)
	}
	w.exec(`UPDATE sessions SET ended = ended - interval '2 days'`)
	if n := must[int64](t)(w.Prune(t.Context())); n != 1 {
		t.Errorf("pruned %d, not the ended session alone", n)
	}
	w.rotate(live.ID, 1)
	w.isOver(ended)
	if _, err := w.TakeTicket(t.Context(), []byte("fresh"), now); err != nil {
		t.Error(err)
	}
}

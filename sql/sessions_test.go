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
	s, subject, err := w.RotateSession(w.t.Context(), session, generation)
	if err != nil || subject != "" {
		w.t.Fatalf("rotate generation %d: %q, %v", generation, subject, err)
	}
	return s
}

// isOver checks that nothing of the session can be used.
func (w *world) isOver(s chat.Session) {
	w.t.Helper()
	for generation := range s.Generation + 2 {
		_, _, err := w.RotateSession(w.t.Context(), s.ID, generation)
		wants(w.t, err, chat.Unauthenticated)
	}
	if ended := must[[]string](w.t)(w.EndedSessions(w.t.Context(), []string{s.ID})); !slices.Equal(ended, []string{s.ID}) {
		w.t.Errorf("ended: %v", ended)
	}
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
			_, subject, err := w.RotateSession(t.Context(), s.ID, old)
			wants(t, err, chat.Unauthenticated)
			if subject != events.Sessions.Subject(s.ID) {
				t.Fatalf("the revocation stands on %q", subject)
			}
			w.flush(subject)
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
		_, subject, err := w.RotateSession(t.Context(), s.ID, generation)
		if wants(t, err, chat.Unauthenticated); subject != "" {
			t.Errorf("generation %d revoked the session", generation)
		}
	}
	w.rotate(s.ID, 1)
	for _, session := range []string{"", "*", chat.NewID()} {
		_, _, err := w.RotateSession(t.Context(), session, 1)
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
			next, _, err := w.RotateSession(within(t, patience), s.ID, 1)
			mu.Lock()
			defer mu.Unlock()
			successors[next]++
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
	subject := must[string](t)(w.EndSession(t.Context(), s.ID, "logout"))
	if again := must[string](t)(w.EndSession(t.Context(), s.ID, "logout")); again != subject {
		t.Errorf("while its event waits, a repeat returns %q, not %q", again, subject)
	}
	w.flush(subject)
	if again := must[string](t)(w.EndSession(t.Context(), s.ID, "logout")); again != "" {
		t.Errorf("when nothing waits, a repeat returns %q", again)
	}
	if got := w.revoked(); len(got) != 1 || got[0].Reason != "logout" {
		t.Errorf("revocations: %+v", got)
	}
	w.isOver(s)
	for _, session := range []string{"*", chat.NewID()} {
		if subject := must[string](t)(w.EndSession(t.Context(), session, "logout")); subject != "" {
			t.Errorf("%s: %q", session, subject)
		}
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
	must[string](t)(w.EndSession(t.Context(), ended.ID, "logout"))
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
	must[string](t)(w.EndSession(t.Context(), ended.ID, "logout"))
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

package edge

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

// frailAccounts are accounts whose database can be down.
type frailAccounts struct {
	Accounts
	down  atomic.Bool
	asked atomic.Int32
}

func (f *frailAccounts) EndedSessions(ctx context.Context, sessions []string) ([]string, error) {
	f.asked.Add(1)
	if f.down.Load() {
		return nil, chat.Errorf(chat.Unavailable, "down")
	}
	return f.Accounts.EndedSessions(ctx, sessions)
}

func TestAnEdgeThatDoesNotHearAsksTheDatabaseAndFailsClosed(t *testing.T) {
	w := newWorld(t)
	accounts := &frailAccounts{Accounts: w.db}
	one := w.edge(func(_ *Config, d *Deps) { d.Accounts = accounts })
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	out, kept := ada.connects(one), bob.connects(one)
	s := one.sessions
	if accounts.asked.Load() != 0 {
		t.Error("the database was asked although the feed hears")
	}
	one.Log.Close() // from now on the feed is deaf
	deaf := func(since time.Duration) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.heard = time.Now().Add(-since)
	}
	ctx, now := t.Context(), time.Now()

	deaf(trustFor - time.Second)
	if err := s.check(ctx, ada.session); err != nil || accounts.asked.Load() != 0 {
		t.Errorf("a feed that was heard a moment ago: %v, asked %d times", err, accounts.asked.Load())
	}
	deaf(trustFor + time.Second)
	if err := s.check(ctx, ada.session); err != nil || accounts.asked.Load() != 1 {
		t.Errorf("a deaf feed: %v, asked %d times", err, accounts.asked.Load())
	}
	accounts.down.Store(true)
	if err := s.check(ctx, ada.session); !isCode(err, chat.Unavailable) {
		t.Errorf("a deaf feed and no database: %v", err)
	}
	accounts.down.Store(false)

	deaf(deafFor + time.Second)
	if _, err := w.db.EndSession(ctx, events.Person{ID: ada.id}, ada.session, "logout", chat.Device{}); err != nil {
		t.Fatal(err)
	}
	watch := deafWatch{sessions: s, good: now}
	watch.look(ctx, now)
	if code, _ := out.ends(); code != 4403 {
		t.Errorf("the ended session's socket was closed with %d", code)
	}
	if err := s.check(ctx, ada.session); !isCode(err, chat.Unauthenticated) {
		t.Errorf("the ended session: %v", err)
	}
	accounts.down.Store(true)
	watch.look(ctx, now.Add(pollEvery))
	if n := len(one.hub.conns.list(nil)); n == 0 {
		t.Error("everything was closed at the first failure")
	}
	watch.look(ctx, now.Add(failFor+pollEvery))
	if code, bye := kept.ends(); code != 4503 || string(bye.Code) != "4503" {
		t.Errorf("nobody can check sessions: closed with %d", code)
	}
}

func TestARevocationIsForgottenOnlyAfterTheTokensHaveEnded(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	session := chat.NewID()
	one.sessions.end(session, "test")
	one.sessions.deafness(time.Now().Add(rememberFor - time.Second))
	if err := one.sessions.check(t.Context(), session); !isCode(err, chat.Unauthenticated) {
		t.Errorf("before the tokens have ended: %v", err)
	}
	one.sessions.deafness(time.Now().Add(rememberFor + time.Second))
	if ended, _ := one.sessions.known(session); ended {
		t.Error("it is remembered for ever")
	}
}

func TestATokenThatIsRestoredIsLetInAgainOnEveryEdge(t *testing.T) {
	w := newWorld(t)
	edges := []*node{w.edge(), w.edge()}
	ada := edges[0].join(t, "ada")
	publish := func(t events.Type, data any) {
		w.puts(events.New(t, chat.NewID(), ada.session, events.Person{}, time.Now(), data))
	}
	publish(events.SessionRevoked, events.SessionRevokedData{User: ada.id, Reason: events.ReasonDisabled})
	for _, n := range edges {
		testenv.Until(t, "it is refused", func() bool { return ada.call(n, "GET", "/api/me", "").status == 401 })
	}
	publish(events.SessionRestored, events.SessionRestoredData{User: ada.id})
	for _, n := range append(edges, w.edge()) {
		testenv.Until(t, "it is let in", func() bool { return ada.call(n, "GET", "/api/me", "").status == 200 })
	}
}

// answering are accounts in which something happens while they answer.
type answering struct {
	Accounts
	meanwhile func()
}

func (a *answering) EndedSessions(_ context.Context, sessions []string) ([]string, error) {
	a.meanwhile()
	return sessions, nil
}

func TestWhatTheDatabaseSaidBeforeARestoreDoesNotOutliveIt(t *testing.T) {
	w := newWorld(t)
	accounts := &answering{Accounts: w.db}
	one := w.edge(func(_ *Config, d *Deps) { d.Accounts = accounts })
	s, token := one.sessions, chat.NewID()
	deaf := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.heard, s.loaded = time.Time{}, false
	}
	for name, c := range map[string]struct {
		meanwhile func()
		marked    bool
	}{"nothing": {func() {}, true}, "a restore": {func() { s.restore(token) }, false}} {
		deaf()
		accounts.meanwhile = c.meanwhile
		if err := s.check(t.Context(), token); !isCode(err, chat.Unauthenticated) {
			t.Errorf("meanwhile %s: %v", name, err)
		}
		if ended, _ := s.known(token); ended != c.marked {
			t.Errorf("meanwhile %s: it is marked: %v", name, ended)
		}
		s.restore(token)
	}
}

// Both wait for the lock, first the answer, then the restore. Who found it taken
// again after more than a millisecond gets it in that order (sync.Mutex), so that
// two locks of the one would have the other between them.
func TestARestoreIsNeverLostToAnOlderAnswer(t *testing.T) {
	s := &sessions{edge: &Edge{}, ended: map[string]time.Time{}, open: map[string][]closer{}}
	for range 50 {
		back := s.restores()
		var both sync.WaitGroup
		s.mu.Lock()
		both.Go(func() { s.foundEnded("token", back) })
		<-time.After(2 * time.Millisecond)
		both.Go(func() { s.restore("token") })
		<-time.After(2 * time.Millisecond)
		s.mu.Unlock()
		s.mu.Lock()
		<-time.After(2 * time.Millisecond)
		s.mu.Unlock()
		both.Wait()
		if len(s.ended) > 0 {
			t.Fatal("a token that was restored is marked as ended")
		}
	}
}

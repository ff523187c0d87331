package edge

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/events"
)

const (
	// deafFor is how long the feed may be silent before open connections are
	// checked against the database, every pollEvery.
	deafFor   = 10 * time.Second
	pollEvery = 5 * time.Second
	// recheckEvery is how often they are checked while the feed hears: what a
	// token has open may outlive everything that the log remembers.
	recheckEvery = 5 * time.Minute
	pollBatch    = 1000
	pollTime     = 4 * time.Second
	// failFor is how long that may fail before everything is closed.
	failFor = 15 * time.Second
)

// Run follows revocations and looks after the connections while it cannot.
func (s *sessions) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.feed.Run(ctx) })
	group.Go(func() error { return s.load(ctx) })
	group.Go(func() error { return s.watch(ctx) })
	return group.Wait()
}

// load opens the feed, which brings what the log holds first, and goes on
// trying until it has.
func (s *sessions) load(ctx context.Context) error {
	for {
		_, err := s.feed.Open(ctx, events.Sessions.Prefix()+"*", s)
		if err == nil {
			s.mu.Lock()
			s.loaded, s.heard = true, time.Now()
			s.mu.Unlock()
			return nil
		}
		s.edge.Logger.Warn("ended sessions cannot be followed yet", "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// Event closes what a revoked session has open, and lets a token in again that
// was restored (jetstream.Listener).
func (s *sessions) Event(e events.Entry) {
	ev, err := e.Event()
	if err != nil {
		return
	}
	switch ev.Type {
	case events.SessionRevoked:
		data, err := events.DataOf[events.SessionRevokedData](ev)
		if err == nil {
			s.end(ev.Scope, data.Reason)
		}
	case events.SessionRestored:
		s.restore(ev.Scope)
	}
}

// Reset says that revocations may have been missed: until the feed hears
// again, the database is asked (jetstream.Listener).
func (s *sessions) Reset(uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = time.Time{}
	s.missed++
}

// watch looks after the connections once a second.
func (s *sessions) watch(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	w := deafWatch{sessions: s, good: time.Now(), polled: time.Now()}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			w.look(ctx, time.Now())
		}
	}
}

// deafWatch asks the database while the feed does not hear, and closes
// everything when that fails for too long, too. It asks once after the feed
// missed something, and now and then in any case.
type deafWatch struct {
	sessions *sessions
	polled   time.Time
	good     time.Time // when it last was known that no ended session is connected
}

func (w *deafWatch) look(ctx context.Context, now time.Time) {
	hears, every := w.sessions.deafness(now) < deafFor, pollEvery
	if hears {
		w.good = now
		if !w.sessions.hasMissed() {
			every = recheckEvery
		}
	}
	if now.Sub(w.polled) < every {
		return
	}
	w.polled = now
	err := w.sessions.poll(ctx)
	switch {
	case err == nil:
		w.good = now
	case now.Sub(w.good) > failFor:
		w.sessions.edge.Logger.Error("sessions cannot be checked: closing every connection", "error", err)
		w.sessions.closeAll(closeUnchecked)
		w.good = now
	}
}

// deafness returns for how long the feed has not been known to hear, and
// forgets what need not be remembered any more.
func (s *sessions) deafness(now time.Time) time.Duration {
	hearing := s.feed.Hearing()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded && hearing {
		s.heard = now
	}
	for session, until := range s.ended {
		if now.After(until) {
			delete(s.ended, session)
		}
	}
	return now.Sub(s.heard)
}

// hasMissed reports whether revocations may have been missed since the last poll.
func (s *sessions) hasMissed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.missed > s.asked
}

// poll asks the database about every session that has something open here.
func (s *sessions) poll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	back := s.restores()
	s.mu.Lock()
	missed := s.missed
	all := make([]string, 0, len(s.open))
	for session := range s.open {
		all = append(all, session)
	}
	s.mu.Unlock()
	for len(all) > 0 {
		n := min(len(all), pollBatch)
		ended, err := s.edge.Accounts.EndedSessions(ctx, all[:n])
		if err != nil {
			return err
		}
		for _, session := range ended {
			s.foundEnded(session, back)
		}
		all = all[n:]
	}
	s.mu.Lock()
	s.asked = missed
	s.mu.Unlock()
	return nil
}

// closeAll closes every connection of every session.
func (s *sessions) closeAll(code closeCode) {
	s.mu.Lock()
	var list []closer
	for _, open := range s.open {
		list = append(list, open...)
	}
	s.mu.Unlock()
	for _, c := range list {
		c.endSession(code, "")
	}
}

package edge

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

const (
	// rememberFor is how long a revocation is remembered: as long as an
	// access token of the session may still be shown, and a margin for
	// clocks that differ.
	rememberFor = auth.AccessTime + time.Minute
	// trustFor is how long the feed may be silent before a session is
	// checked by asking the database.
	trustFor = 5 * time.Second
)

// sessions knows which sessions have ended, and what each has open here.
//
// The order matters: whoever connects registers first and checks second;
// whoever revokes marks first and closes second. One of the two sees the other.
type sessions struct {
	edge *Edge
	feed *jetstream.Feed

	mu     sync.Mutex
	ended  map[string]time.Time // until when the revocation is remembered
	open   map[string][]closer  // what each session has open here
	back   int                  // counts the tokens that are valid again
	loaded bool                 // the log's revocations have been read
	heard  time.Time            // when the feed last was known to miss nothing
	missed int                  // counts the times that it did
	asked  int                  // of these, how many the database was asked after
}

// closer is something that a session has open. endSession must not block; why is
// for its person, "" if it is not known.
type closer interface {
	endSession(code closeCode, why string)
}

func newSessions(e *Edge) *sessions {
	return &sessions{edge: e, feed: e.Log.NewFeed(events.Sessions, jetstream.FeedOptions{Shards: 1}),
		ended: map[string]time.Time{}, open: map[string][]closer{}}
}

// add registers c under its session.
func (s *sessions) add(session string, c closer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[session] = append(s.open[session], c)
}

// remove undoes add.
func (s *sessions) remove(session string, c closer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.open[session]
	for i := range list {
		if list[i] == c {
			list[i] = list[len(list)-1]
			list[len(list)-1] = nil
			list = list[:len(list)-1]
			break
		}
	}
	if len(list) == 0 {
		delete(s.open, session)
		return
	}
	s.open[session] = list
}

// end marks the session as ended, then closes what it has open here.
func (s *sessions) end(session, reason string) {
	s.mu.Lock()
	list := s.mark(session)
	s.mu.Unlock()
	s.close(list, session, reason)
}

// mark returns what is to be closed. The lock is held.
func (s *sessions) mark(session string) []closer {
	s.ended[session] = time.Now().Add(rememberFor)
	return append([]closer(nil), s.open[session]...)
}

func (s *sessions) close(list []closer, session, reason string) {
	if len(list) > 0 {
		s.edge.Logger.Info("a session ended", "session", session, "reason", reason, "connections", len(list))
	}
	for _, c := range list {
		c.endSession(closeSessionEnded, whyEnded(reason))
	}
}

// restore forgets that a token was ended: its person may use natter again.
func (s *sessions) restore(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ended, token)
	s.back++
}

func (s *sessions) restores() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.back
}

// foundEnded is end for what the database said after back restores. If there was
// another one since, the answer may be older than it: it must not outlive it.
func (s *sessions) foundEnded(session string, back int) {
	s.mu.Lock()
	if s.back != back { // under the lock of the marking, or a restore comes between
		s.mu.Unlock()
		return
	}
	list := s.mark(session)
	s.mu.Unlock()
	s.close(list, session, "found ended")
}

// check returns nil while the session lives, unauthenticated when it has
// ended, and unavailable when nobody can say: it fails closed.
func (s *sessions) check(ctx context.Context, session string) error {
	gone := chat.Errorf(chat.Unauthenticated, "This session has ended. Log in again.")
	ended, trusted := s.known(session)
	if ended {
		return gone
	}
	if trusted {
		return nil
	}
	back := s.restores()
	list, err := s.edge.Accounts.EndedSessions(ctx, []string{session})
	if err != nil {
		return &chat.Error{Code: chat.Unavailable, Detail: "Sessions cannot be checked right now. Try again.", Cause: err}
	}
	if len(list) > 0 {
		s.foundEnded(session, back)
		return gone
	}
	return nil
}

// known returns what this edge knows by itself, and whether it may be believed.
func (s *sessions) known(session string) (ended, trusted bool) {
	hearing := s.feed.Hearing()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.loaded && hearing {
		s.heard = now
	}
	until, found := s.ended[session]
	return found && now.Before(until), s.loaded && now.Sub(s.heard) < trustFor
}

// Ready reports whether the revocations have been loaded.
func (s *sessions) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.loaded {
		return errors.New("the list of ended sessions is not loaded yet")
	}
	return nil
}

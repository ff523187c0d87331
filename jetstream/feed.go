package jetstream

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/natter-chat/natter/events"
)

// Listener receives a subject's events: one call at a time, in order, from its
// shard's goroutine. It must not block, and must not call the Feed.
type Listener interface {
	// Event brings the next event. Its Prev is never greater than the Seq
	// before it, or than the position that Open returned.
	Event(events.Entry)
	// Reset says that the log could not fill a hole, for what was there has
	// expired: what comes next comes after position, and what came between is
	// not known. What was erased on purpose is no hole.
	Reset(position uint64)
}

// FeedOptions adjust a Feed. The zero value is right for an edge.
type FeedOptions struct {
	Shards int           // goroutines that call listeners; 0: 4
	Check  time.Duration // how often quiet subjects are compared with the log; 0: 1 s
}

const (
	shardQueue  = 4096             // republished messages waiting for one shard
	heldEntries = 1024             // live entries kept per subject while a hole is filled
	fillers     = 8                // holes filled at the same time
	hearingFor  = 5 * time.Second  // a check confirms that long
	openTimeout = 10 * time.Second // for everything Open does
)

// Feed follows subjects of one stream. A republished copy may get lost; a Feed
// notices by the previous sequence on the next one or, on a quiet subject, by
// comparing with the log every Check, and reads what is missing.
type Feed struct {
	log    *Log
	stream events.Stream
	opts   FeedOptions
	seed   maphash.Seed
	shards []*shard
	fill   chan struct{} // a semaphore of fillers
	kick   chan struct{} // asks for a check of everything now
	all    atomic.Bool   // the next check looks at every subject
	heard  atomic.Int64  // when a check last succeeded, Unix ns

	ctx     context.Context // the feed's life, set by Run
	ready   chan struct{}   // closed when Run has started
	running sync.WaitGroup
}

// NewFeed returns a feed of the stream. Nothing happens before Run.
func (l *Log) NewFeed(s events.Stream, o FeedOptions) *Feed {
	if o.Shards == 0 {
		o.Shards = 4
	}
	if o.Check == 0 {
		o.Check = time.Second
	}
	f := &Feed{log: l, stream: s, opts: o, seed: maphash.MakeSeed(), ready: make(chan struct{}),
		fill: make(chan struct{}, fillers), kick: make(chan struct{}, 1)}
	l.metrics.follow(s)
	for range o.Shards {
		f.shards = append(f.shards, newShard(f))
	}
	return f
}

// Run works until ctx ends and everything the feed started has ended.
func (f *Feed) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	f.ctx = ctx
	f.log.mu.Lock()
	f.log.feeds[f] = struct{}{}
	f.log.mu.Unlock()
	defer func() {
		f.log.mu.Lock()
		delete(f.log.feeds, f)
		f.log.mu.Unlock()
	}()
	for _, s := range f.shards {
		f.running.Go(func() { s.run(ctx) })
	}
	close(f.ready)
	f.checkLoop(ctx)
	cancel()
	f.running.Wait()
	return nil
}

// Open follows subject, which must not be open already, and returns the
// position after which Event brings everything: the subject's newest sequence.
// Event may have been called before Open returns. A subject that ends in "*"
// is followed as a whole and from the oldest entry that the log holds: what
// is there has been brought when Open returns.
func (f *Feed) Open(ctx context.Context, subject string, l Listener) (position uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	select {
	case <-f.ready:
	case <-ctx.Done():
		return 0, unavailable(errors.New("the feed is not running"))
	}
	s, t := f.shardOf(subject), newTopic(f, subject, l)
	// Listening starts before the snapshot is taken: an event between the two
	// is held, not lost.
	if !s.do(func() { s.add(t) }) {
		return 0, unavailable(errors.New("the feed has ended"))
	}
	if t.refused {
		return 0, fmt.Errorf("subject %s is open already", subject)
	}
	if err := f.start(ctx, s, t); err != nil {
		s.do(func() { s.remove(t) })
		return 0, unavailable(fmt.Errorf("follow %s: %w", subject, err))
	}
	return t.opened, nil
}

func (f *Feed) start(ctx context.Context, s *shard, t *topic) error {
	sub, err := f.log.live.ChanSubscribe("live."+t.subject, s.live)
	if err != nil {
		return err
	}
	if !s.do(func() { s.own(t, sub) }) {
		return sub.Unsubscribe()
	}
	if err := f.log.live.FlushWithContext(ctx); err != nil {
		return err
	}
	var snapshot []events.Entry
	var position, upTo uint64
	if t.whole {
		snapshot, upTo, err = f.everything(ctx, t.subject)
		position = upTo
	} else {
		snapshot, upTo, err = f.log.last(ctx, []string{t.subject}, 0)
		for _, e := range snapshot {
			position = e.Seq
		}
		snapshot = nil
	}
	if err != nil {
		return err
	}
	s.do(func() { s.begin(t, snapshot, position, upTo) })
	return nil
}

// everything reads all that the log holds of a wildcard subject.
func (f *Feed) everything(ctx context.Context, subject string) (all []events.Entry, upTo uint64, err error) {
	state, err := f.log.State(ctx, f.stream)
	if err != nil {
		return nil, 0, err
	}
	for after, more := uint64(0), true; more; {
		var page []events.Entry
		if page, more, err = f.log.Read(ctx, subject, after, maxReadLimit); err != nil {
			return nil, 0, err
		}
		all = append(all, page...)
		if len(page) == 0 {
			break
		}
		after = page[len(page)-1].Seq
	}
	upTo = state.Last
	if n := len(all); n > 0 {
		upTo = max(upTo, all[n-1].Seq)
	}
	return all, upTo, nil
}

// Close stops following subject. When it returns, no call of its listener is
// running or will come.
func (f *Feed) Close(subject string) {
	s := f.shardOf(subject)
	s.do(func() {
		if t := s.topics[subject]; t != nil {
			s.remove(t)
		}
	})
}

// Do runs fn on the subject's shard, between its events, and waits for it. It
// returns false, without running fn, when the subject is not open or the feed
// has ended. It must not be called from a listener.
func (f *Feed) Do(subject string, fn func()) bool {
	s, ran := f.shardOf(subject), false
	s.do(func() {
		if t := s.topics[subject]; t != nil && !t.opening {
			fn()
			ran = true
		}
	})
	return ran
}

// Hearing reports whether the feed has confirmed within the last seconds that
// it misses nothing.
func (f *Feed) Hearing() bool {
	return f.log.live.IsConnected() && time.Since(time.Unix(0, f.heard.Load())) < hearingFor
}

func (f *Feed) shardOf(subject string) *shard {
	return f.shards[maphash.String(f.seed, subject)%uint64(len(f.shards))]
}

// suspect asks for a check of everything: the connection was interrupted, or
// something was dropped.
func (f *Feed) suspect() {
	f.all.Store(true)
	select {
	case f.kick <- struct{}{}:
	default:
	}
}

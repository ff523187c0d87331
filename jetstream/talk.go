package jetstream

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	talkQueue = 8192            // words that wait for Hear
	talkFlush = time.Second     // for the last words to go out
	talkRetry = 2 * time.Second // between tries to connect
)

// errSilent says that a Talk has no connection yet, or no more.
var errSilent = errors.New("there is no connection to NATS for words")

// Word is what somebody said on a subject.
type Word struct {
	Subject string
	Body    []byte
	msg     *nats.Msg
}

// Answer replies to whoever asked; they may hear several.
func (w Word) Answer(body []byte) error { return w.msg.Respond(body) }

// Talk is core NATS: what is said reaches those who listen at that moment, at
// most once, in the order in which one process said it. It has a connection of
// its own, so that what it drops is no hole in a Feed.
type Talk struct {
	log  *Log
	hear func(Word)

	mu   sync.Mutex
	nc   *nats.Conn
	in   chan *nats.Msg
	subs map[string]*nats.Subscription // nil until there is a connection
}

// NewTalk returns a Talk whose Run calls hear for every word on a subject that
// is followed, one at a time. Nothing happens before Run.
func (l *Log) NewTalk(hear func(Word)) *Talk {
	return &Talk{log: l, hear: hear, in: make(chan *nats.Msg, talkQueue), subs: map[string]*nats.Subscription{}}
}

// Run connects and listens until ctx ends. last is called before the connection
// closes: what it says still goes out.
func (t *Talk) Run(ctx context.Context, last func()) error {
	nc := t.connect(ctx)
	if nc == nil {
		return ctx.Err()
	}
	defer t.close(nc)
	for {
		select {
		case msg := <-t.in:
			t.hear(Word{Subject: msg.Subject, Body: msg.Data, msg: msg})
		case <-ctx.Done():
			last()
			return ctx.Err()
		}
	}
}

func (t *Talk) connect(ctx context.Context) *nats.Conn {
	for ctx.Err() == nil {
		nc, err := t.log.dial(ctx, "talk")
		if err == nil {
			t.mu.Lock()
			t.nc = nc
			for subject := range t.subs {
				if t.subs[subject], err = nc.ChanSubscribe(subject, t.in); err != nil {
					break
				}
			}
			t.mu.Unlock()
			if err == nil {
				return nc
			}
			t.close(nc)
		}
		t.log.logger.Warn("words between edges wait for NATS", "error", err)
		pause(ctx, talkRetry)
	}
	return nil
}

func (t *Talk) close(nc *nats.Conn) {
	t.mu.Lock()
	t.nc = nil
	t.mu.Unlock()
	_ = nc.FlushTimeout(talkFlush)
	nc.SetClosedHandler(nil)
	nc.SetDisconnectErrHandler(nil)
	nc.Close()
}

// Follow listens to a subject from now on, or from when there is a connection;
// following it again changes nothing.
func (t *Talk) Follow(subject string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.subs[subject]; ok {
		return
	}
	t.subs[subject] = nil
	if t.nc == nil {
		return
	}
	sub, err := t.nc.ChanSubscribe(subject, t.in)
	if err != nil {
		t.log.logger.Warn("a subject of words is not followed", "subject", subject, "error", err)
	}
	t.subs[subject] = sub
}

// Unfollow ends Follow. Words that have arrived may still be heard.
func (t *Talk) Unfollow(subject string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if sub := t.subs[subject]; sub != nil {
		_ = sub.Unsubscribe()
	}
	delete(t.subs, subject)
}

// Say says a word. An error means that nobody will hear it; without one nobody
// may, either.
func (t *Talk) Say(subject string, body []byte) error {
	nc := t.conn()
	if nc == nil {
		return errSilent
	}
	return nc.Publish(subject, body)
}

// Ask says a word that is answered by any number of others, and calls each with
// them until that returns false. An error, ctx's at the latest, means that
// each still waits for more.
func (t *Talk) Ask(ctx context.Context, subject string, each func(answer []byte) (more bool)) error {
	nc := t.conn()
	if nc == nil {
		return errSilent
	}
	inbox := nc.NewRespInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return err
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := nc.PublishRequest(subject, inbox, nil); err != nil {
		return err
	}
	for {
		msg, err := sub.NextMsgWithContext(ctx)
		switch {
		case err != nil:
			return err
		case msg.Header.Get("Status") != "": // nobody is there
			return nats.ErrNoResponders
		case !each(msg.Data):
			return nil
		}
	}
}

func (t *Talk) conn() *nats.Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.nc
}

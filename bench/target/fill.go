package target

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

// filling bounds the events on their way into the log; the publisher takes 500
// of them at a time.
const filling = 4096

// Message returns the event of a post, as an edge makes it.
func Message(by *Person, room, name, text string) events.Event {
	key := chat.NewID()
	return events.New(events.MessagePosted, chat.MessageID(by.User.ID, room, key), room, by.User, time.Now(),
		events.MessagePostedData{Key: key, Text: text, Room: name})
}

// fillTries is how often an event is published whose outcome is not known, as
// on a machine that is busy with something else. Its id keeps it one event.
const fillTries = 5

// Fill publishes n events straight into the log, in large batches, and returns
// when it has them all. stored is told the sequence of each, one at a time.
func (t *Target) Fill(ctx context.Context, n int, event func(i int) events.Event, stored func(i int, seq uint64)) error {
	f := &fill{log: t.people.log, stored: stored, places: make(chan struct{}, filling)}
	for i := range n {
		select {
		case f.places <- struct{}{}:
		case <-ctx.Done():
			f.underway.Wait()
			return ctx.Err()
		}
		f.underway.Add(1)
		f.publish(event(i), i, 1)
	}
	f.underway.Wait() // every event has an outcome, however it ends
	return f.failed
}

type fill struct {
	log      *jetstream.Log
	places   chan struct{} // of the events under way
	underway sync.WaitGroup

	mu     sync.Mutex
	stored func(i int, seq uint64)
	failed error
}

func (f *fill) publish(ev events.Event, i, try int) {
	f.log.PublishAsync(ev, func(seq uint64, _ bool, err error) { // a duplicate is one that was sent again
		if err != nil && try < fillTries {
			f.publish(ev, i, try+1)
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		switch {
		case err != nil:
			f.failed = errors.Join(f.failed, fmt.Errorf("publish event %d: %w", i, err))
		case f.stored != nil:
			f.stored(i, seq)
		}
		<-f.places
		f.underway.Done()
	})
}

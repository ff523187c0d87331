package target

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
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

// Fill publishes n events straight into the log, in large batches, and returns
// when it has them all. stored is told the sequence of each, one at a time.
func (t *Target) Fill(ctx context.Context, n int, event func(i int) events.Event, stored func(i int, seq uint64)) error {
	var mu sync.Mutex
	var failed error
	places := make(chan struct{}, filling)
	var underway sync.WaitGroup
	for i := range n {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			underway.Wait()
			return ctx.Err()
		}
		underway.Add(1)
		t.people.log.PublishAsync(event(i), func(seq uint64, _ bool, err error) { // a duplicate is a batch that was sent again
			defer underway.Done()
			defer func() { <-places }()
			mu.Lock()
			defer mu.Unlock()
			if err != nil && failed == nil {
				failed = fmt.Errorf("publish event %d: %w", i, err)
			}
			if err == nil && stored != nil {
				stored(i, seq)
			}
		})
	}
	underway.Wait() // every event has an outcome, however it ends
	return failed
}

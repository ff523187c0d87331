package jetstream

import (
	"context"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// PublishOnce publishes an event of the outbox, written at since, and returns
// its sequence. The broker's memory of ids ends with the duplicate window:
// where since is older than half of it, the log itself is asked first whether
// an earlier attempt got through.
func (l *Log) PublishOnce(ctx context.Context, ev events.Event, since time.Time) (uint64, error) {
	if time.Since(since) > chat.KeyFresh {
		seq, err := l.find(ctx, ev, since.Add(-chat.KeyFresh)) // clocks differ a little
		if err != nil || seq > 0 {
			return seq, err
		}
	}
	seq, _, err := l.Publish(ctx, ev)
	return seq, err
}

// find looks for the event's id on its subject, from a time on; 0 if absent.
func (l *Log) find(ctx context.Context, ev events.Event, since time.Time) (uint64, error) {
	req := directGet{StartTime: &since, NextFor: ev.Subject(), Batch: maxReadLimit, MaxBytes: readBytes}
	for {
		page, err := l.direct(ctx, ev.Subject(), req)
		if err != nil {
			return 0, err
		}
		for _, e := range page.entries {
			if was, err := e.Event(); err == nil && was.ID == ev.ID {
				return e.Seq, nil
			}
			req.StartTime, req.Seq = nil, e.Seq+1
		}
		if !page.more || len(page.entries) == 0 {
			return 0, nil
		}
	}
}

package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// DeadLetter is the body of a message in DEAD: an entry that a consumer could
// not apply.
type DeadLetter struct {
	Consumer    Consumer      `json:"consumer"`
	Stream      events.Stream `json:"stream"`
	Incarnation string        `json:"incarnation"`
	Seq         uint64        `json:"seq"`
	Subject     string        `json:"subject"`
	Reason      string        `json:"reason"`
	Time        time.Time     `json:"time"` // when it was buried
	Body        []byte        `json:"body"` // as it stood in the log, base64
}

// bury sends the entry to the dead letters and only then lets the worker move
// on: a crash between the two leaves the entry to be buried again, which the
// look at the last dead letter makes harmless.
func (j *job) bury(ctx context.Context, e events.Entry, reason error) error {
	letter := DeadLetter{Consumer: j.opts.Consumer, Stream: j.stream, Incarnation: j.log.Incarnation(j.stream), Seq: e.Seq,
		Subject: e.Subject, Reason: reason.Error(), Time: time.Now().UTC(), Body: e.Body}
	err := j.insist(ctx, func(ctx context.Context) error { return j.log.putDeadLetter(ctx, letter) })
	if err != nil {
		return err
	}
	burial := events.Burial{Stream: j.stream, Incarnation: letter.Incarnation, From: j.offset, Entry: e, Reason: letter.Reason}
	if err := j.insist(ctx, func(ctx context.Context) error { return j.worker.Bury(ctx, burial) }); err != nil {
		return err
	}
	j.offset = e.Seq
	j.log.metrics.deadLetters.WithLabelValues(string(j.opts.Consumer)).Inc()
	j.logger.Error("dead letter", "stream", j.stream, "seq", e.Seq, "subject", e.Subject, "reason", letter.Reason, "trace", events.TraceID(e.Trace))
	return nil
}

// Discard removes the dead letter that stands at seq in DEAD; not_found if there
// is none. The entry itself stays in its stream.
func (l *Log) Discard(ctx context.Context, seq uint64) error {
	stream, err := l.js.Stream(ctx, string(events.Dead))
	if err != nil {
		return unavailable(err)
	}
	err = stream.DeleteMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		return &chat.Error{Code: chat.NotFound, Detail: fmt.Sprintf("There is no dead letter #%d.", seq), Cause: err}
	}
	return err
}

// putDeadLetter appends the letter unless it is its consumer's last one already.
func (l *Log) putDeadLetter(ctx context.Context, d DeadLetter) error {
	subject := events.Dead.Prefix() + string(d.Consumer)
	newest, err := l.Last(ctx, []string{subject}, 0)
	if err != nil {
		return err
	}
	for _, e := range newest {
		var was DeadLetter
		if json.Unmarshal(e.Body, &was) == nil && was.Incarnation == d.Incarnation && was.Seq == d.Seq {
			return nil
		}
	}
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	l.publishers[events.Dead].enqueue(&pending{id: fmt.Sprintf("%s-%s-%d", d.Consumer, d.Incarnation, d.Seq), subject: subject, body: body,
		done: func(_ uint64, _ bool, err error) { done <- err }})
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

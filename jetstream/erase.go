package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/natter-chat/natter/events"
)

// Erasure names an entry of the log whose event must not be read any more.
type Erasure struct {
	Seq     uint64
	Subject string
	ID      string // the event's
}

// Erase makes the stream forget an entry: its bytes are overwritten where they
// lie, on every replica, and what reads the stream passes over its sequence.
// An entry that is gone already is no error. One that holds another event than
// is said is kept: then erased is false.
//
// It asks the stream's leader until ctx ends; after an error nobody knows, and
// it may be repeated.
func (l *Log) Erase(ctx context.Context, s events.Stream, what Erasure) (erased bool, err error) {
	for {
		erased, err = l.eraseOnce(ctx, s, what)
		var b *brokerError
		if err == nil || ctx.Err() != nil || errors.As(err, &b) && b.Code != errNoLeader {
			break
		}
		pause(ctx, 100*time.Millisecond) // reconnecting, or between two leaders
	}
	if err != nil {
		return false, unavailable(fmt.Errorf("erase %s %d: %w", s, what.Seq, err))
	}
	return erased, nil
}

// eraseOnce looks at what it erases first, through the leader: a deletion that
// names a wrong sequence must not hit another's message. Nothing else ever
// stands at a sequence, so that what was looked at is what is erased.
func (l *Log) eraseOnce(ctx context.Context, s events.Stream, what Erasure) (bool, error) {
	// A leader that has just been elected may not know the entry yet: its word
	// that there is none counts only if it knows of later ones, or of this.
	state, err := l.State(ctx, s)
	if err == nil && state.Last < what.Seq {
		err = fmt.Errorf("%w: it ends at %d", errBehind, state.Last)
	}
	if err != nil {
		return false, err
	}
	var found struct {
		Error   *brokerError `json:"error"`
		Message struct {
			Subject string `json:"subject"`
			Data    []byte `json:"data"`
		} `json:"message"`
	}
	if err := l.askLeader(ctx, "$JS.API.STREAM.MSG.GET."+string(s), seqRequest{what.Seq}, &found); err != nil {
		return false, err
	}
	switch {
	case found.Error != nil && found.Error.Code == errNoMessage:
		return true, nil
	case found.Error != nil:
		return false, found.Error
	}
	if ev, err := events.Decode(found.Message.Data); err != nil || ev.ID != what.ID || found.Message.Subject != what.Subject {
		return false, nil
	}
	var done struct {
		Error   *brokerError `json:"error"`
		Success bool         `json:"success"`
	}
	if err := l.askLeader(ctx, "$JS.API.STREAM.MSG.DELETE."+string(s), seqRequest{what.Seq}, &done); err != nil {
		return false, err
	}
	if done.Error != nil && !done.Error.gone() {
		return false, done.Error
	}
	return true, nil
}

type seqRequest struct {
	Seq uint64 `json:"seq"` // no_erase is left out: the bytes are overwritten
}

// askLeader asks a question that a stream's leader answers.
func (l *Log) askLeader(ctx context.Context, subject string, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askedAgainAfter)
	defer cancel()
	resp, err := l.work.RequestWithContext(ctx, subject, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(resp.Data, answer); err != nil {
		return fmt.Errorf("%s answers what cannot be read: %w", subject, err)
	}
	return nil
}

// gone reports whether the error says that there was nothing to delete.
func (e *brokerError) gone() bool {
	return e.Code == errNoMessage || e.Code == errNoSequence || e.Code == errDeleteFailed && e.Description == "no message found"
}

const (
	errNoSequence   = 10043
	errDeleteFailed = 10057
)

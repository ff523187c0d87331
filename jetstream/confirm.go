package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/natter-chat/natter/events"
)

// errBehind says that no replica that answered had what the leader has.
var errBehind = errors.New("the replicas are behind the leader")

const confirmTries = 20 // with 50 ms between them

// replicated reports whether reads of the subject may be answered by a server
// that is behind.
func (l *Log) replicated(subject string) bool {
	s, _ := events.StreamOf(subject)
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.topology[s].replicas > 1
}

// confirm makes sure that a, the last page after after, reaches as far as the
// leader's newest entry of the subject, and reads again until it does. Without
// this a reader would take a replica's delay for the end of the room.
func (l *Log) confirm(ctx context.Context, subject string, after uint64, limit int, a answer) (answer, error) {
	newest, err := l.newestAtLeader(ctx, subject)
	if err != nil {
		return answer{}, err
	}
	for range confirmTries {
		reached := after
		if n := len(a.entries); n > 0 {
			reached = a.entries[n-1].Seq
		}
		if a.more || reached >= newest {
			return a, nil
		}
		pause(ctx, 50*time.Millisecond)
		if a, err = l.direct(ctx, subject, directGet{Seq: after + 1, NextFor: subject, Batch: min(limit, maxReadLimit), MaxBytes: readBytes}); err != nil {
			return answer{}, err
		}
	}
	return answer{}, unavailable(errBehind)
}

// newestAtLeader returns the sequence of the subject's newest entry, 0 if there
// is none.
func (l *Log) newestAtLeader(ctx context.Context, subject string) (uint64, error) {
	s, _ := events.StreamOf(subject)
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	request, err := json.Marshal(map[string]string{"last_by_subj": subject})
	if err != nil {
		return 0, err
	}
	for {
		resp, err := l.work.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+string(s), request)
		switch {
		case err != nil && neverArrived(err) && ctx.Err() == nil:
			pause(ctx, 50*time.Millisecond) // between two leaders
			continue
		case err != nil:
			return 0, unavailable(fmt.Errorf("ask the leader of %s: %w", s, err))
		}
		var found struct {
			Error   *brokerError `json:"error"`
			Message struct {
				Seq uint64 `json:"seq"`
			} `json:"message"`
		}
		if err := json.Unmarshal(resp.Data, &found); err != nil {
			return 0, fmt.Errorf("the leader of %s answers what cannot be read: %w", s, err)
		}
		if found.Error != nil && found.Error.Code != errNoMessage {
			return 0, unavailable(found.Error)
		}
		// It may have been an old leader that is cut off.
		return found.Message.Seq, l.checkLeader(ctx, s)
	}
}

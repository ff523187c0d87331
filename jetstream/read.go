package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

const (
	readTimeout  = 5 * time.Second
	readBytes    = 1 << 20 // of one page; a page may exceed it by one entry
	maxReadLimit = 1000
	lastSubjects = 1000 // subjects in one question for last entries; the server allows 1024
)

// directGet is a request of the direct get API (NATS ADR-31).
type directGet struct {
	Seq       uint64     `json:"seq,omitempty"`
	StartTime *time.Time `json:"start_time,omitempty"`
	NextFor   string     `json:"next_by_subj,omitempty"`
	MultiLast []string   `json:"multi_last,omitempty"`
	Batch     int        `json:"batch,omitempty"`
	MaxBytes  int        `json:"max_bytes,omitempty"`
}

// answer is what a direct get brings.
type answer struct {
	entries []events.Entry
	more    bool   // there are further entries
	upTo    uint64 // multi_last only: the sequence up to which the answer is true
}

// Read returns up to limit entries of subject with Seq > after, ascending, and
// whether there are more. Each entry's Prev is the sequence of the one before
// it on the subject; the first one's is after, "nothing between after and it".
// The subject may end in "*". That there is no more is the leader's word: a
// replica that is behind is asked again, and unavailable if it stays so.
func (l *Log) Read(ctx context.Context, subject string, after uint64, limit int) (entries []events.Entry, more bool, err error) {
	a, err := l.direct(ctx, subject, directGet{Seq: after + 1, NextFor: subject, Batch: min(limit, maxReadLimit), MaxBytes: readBytes})
	if err == nil && !a.more && l.replicated(subject) {
		a, err = l.confirm(ctx, subject, after, limit, a)
	}
	for i := range a.entries {
		a.entries[i].Prev = after
		after = a.entries[i].Seq
	}
	return a.entries, a.more, err
}

// ReadBack returns the newest limit entries of subject with floor < Seq < before,
// ascending; before 0 means no bound. Prev is unknown in the first one.
//
// The log reads forwards only: it looks at a window before the end and doubles
// it until it holds enough, so the cost depends on limit and on how rarely the
// room speaks, never on how much lies behind.
func (l *Log) ReadBack(ctx context.Context, subject string, floor, before uint64, limit int) ([]events.Entry, error) {
	s, ok := events.StreamOf(subject)
	if !ok {
		return nil, fmt.Errorf("no stream holds %q", subject)
	}
	state, err := l.State(ctx, s)
	if err != nil {
		return nil, err
	}
	if before == 0 || before > state.Last+1 {
		before = state.Last + 1
	}
	floor = max(floor, state.First-1)
	for window := uint64(4 * limit); ; window *= 4 {
		start := floor
		if before > floor+1+window {
			start = before - 1 - window
		}
		found, err := l.readRange(ctx, subject, start, before, limit)
		if err != nil {
			return nil, err
		}
		if len(found) >= limit || start == floor {
			return found, nil
		}
	}
}

// readRange returns the newest limit entries with after < Seq < before.
func (l *Log) readRange(ctx context.Context, subject string, after, before uint64, limit int) ([]events.Entry, error) {
	var found []events.Entry
	for {
		page, more, err := l.Read(ctx, subject, after, maxReadLimit)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			if e.Seq < before {
				found = append(found, e)
			}
			after = e.Seq
		}
		if len(found) > limit {
			found = slices.Clone(found[len(found)-limit:])
		}
		if !more || len(page) == 0 || after >= before {
			return found, nil
		}
	}
}

// Get returns one entry; not_found when the stream does not hold it. Its Prev
// is unknown.
func (l *Log) Get(ctx context.Context, s events.Stream, seq uint64) (events.Entry, error) {
	a, err := l.direct(ctx, s.Prefix()+"*", directGet{Seq: seq, NextFor: s.Prefix() + "*", Batch: 1})
	if err != nil {
		return events.Entry{}, err
	}
	if len(a.entries) == 0 || a.entries[0].Seq != seq {
		return events.Entry{}, chat.Errorf(chat.NotFound, "The log does not hold this any more.")
	}
	return a.entries[0], nil
}

// Last returns the newest entry of each subject that has one with Seq > after.
// The subjects belong to one stream. Prev is unknown.
func (l *Log) Last(ctx context.Context, subjects []string, after uint64) ([]events.Entry, error) {
	entries, _, err := l.last(ctx, subjects, after)
	return entries, err
}

// last also returns the sequence up to which the answer is true, 0 if the
// server did not say, which it does for certain only about subjects that have
// an entry, such as those in also.
func (l *Log) last(ctx context.Context, subjects []string, after uint64, also ...string) (entries []events.Entry, upTo uint64, err error) {
	upTo = math.MaxUint64
	for len(subjects) > 0 {
		n := min(len(subjects), lastSubjects)
		a, err := l.direct(ctx, subjects[0], directGet{Seq: after + 1, MultiLast: slices.Concat(subjects[:n], also), Batch: n + len(also)})
		if err != nil {
			return nil, 0, err
		}
		entries, subjects = append(entries, a.entries...), subjects[n:]
		upTo = min(upTo, a.upTo)
	}
	return entries, upTo, nil
}

// direct sends a request and gathers its answers until the end marker.
func (l *Log) direct(ctx context.Context, subject string, req directGet) (answer, error) {
	s, ok := events.StreamOf(subject)
	if !ok {
		return answer{}, fmt.Errorf("no stream holds %q", subject)
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	for {
		a, err := l.directOnce(ctx, s, req)
		if err == nil {
			return a, nil
		}
		if !neverArrived(err) || ctx.Err() != nil {
			return answer{}, unavailable(fmt.Errorf("read %s: %w", s, err))
		}
		pause(ctx, 50*time.Millisecond) // reconnecting, or between two leaders
	}
}

func (l *Log) directOnce(ctx context.Context, s events.Stream, req directGet) (answer, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return answer{}, err
	}
	inbox := l.work.NewInbox()
	sub, err := l.work.SubscribeSync(inbox)
	if err != nil {
		return answer{}, err
	}
	defer sub.Unsubscribe()
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return answer{}, err
	}
	if err := l.work.PublishRequest("$JS.API.DIRECT.GET."+string(s), inbox, body); err != nil {
		return answer{}, err
	}
	var a answer
	for {
		msg, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return answer{}, err
		}
		if subject := last(msg.Header, "Nats-Subject"); subject != "" {
			e, err := entry(s, msg, subject)
			if err != nil {
				return answer{}, err
			}
			a.entries = append(a.entries, e)
			continue
		}
		switch status := msg.Header.Get("Status"); status {
		case "204": // end of batch
			a.more = last(msg.Header, "Nats-Num-Pending") != "0"
			a.upTo, _ = strconv.ParseUint(last(msg.Header, "Nats-UpTo-Sequence"), 10, 64)
			return a, nil
		case "404":
			return a, nil
		case "503":
			return answer{}, nats.ErrNoResponders
		default:
			return answer{}, fmt.Errorf("direct get: %s %s", status, msg.Header.Get("Description"))
		}
	}
}

// entry reads a stored message's headers. The server's values come last: what
// a publisher wrote under the same names comes first and is not believed.
func entry(s events.Stream, msg *nats.Msg, subject string) (events.Entry, error) {
	seq, err := strconv.ParseUint(last(msg.Header, "Nats-Sequence"), 10, 64)
	if err != nil {
		return events.Entry{}, fmt.Errorf("a message on %s has no sequence: %w", msg.Subject, err)
	}
	at, _ := time.Parse(time.RFC3339Nano, last(msg.Header, "Nats-Time-Stamp"))
	return events.Entry{Stream: s, Subject: subject, Seq: seq, Body: msg.Data, Time: at, Trace: last(msg.Header, hdrTraceparent)}, nil
}

// last returns the last value of a header, or "".
func last(h nats.Header, key string) string {
	if v := h[key]; len(v) > 0 {
		return v[len(v)-1]
	}
	return ""
}

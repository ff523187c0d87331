package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// attemptTimeout bounds one try; the next one carries the same ids.
const attemptTimeout = 2 * time.Second

// Headers of JetStream's publish protocol (NATS ADR-50 for the batches) and of
// W3C Trace Context.
const (
	hdrMsgID        = "Nats-Msg-Id"
	hdrStream       = "Nats-Expected-Stream"
	hdrExpectSeq    = "Nats-Expected-Last-Subject-Sequence"
	hdrExpectSubj   = "Nats-Expected-Last-Subject-Sequence-Subject"
	hdrBatchID      = "Nats-Batch-Id"
	hdrBatchSeq     = "Nats-Batch-Sequence"
	hdrBatchCommit  = "Nats-Batch-Commit"
	hdrTraceparent  = "traceparent"
	errDuplicate    = 10201 // an atomic batch holds an id that the stream has already
	errWrongLast    = 10071 // an expectation does not hold
	errWrongLastAny = 10164 // the same, without naming the sequence
	errIncomplete   = 10176 // the batch was abandoned: part of it was lost on the way
	errNoResources  = 10023
	errStoreFailed  = 10077
	errMaxPayload   = 10054
	errAtomicOff    = 10174
	errNoMessage    = 10037
)

// brokerError is an error in an ack.
type brokerError struct {
	Status      int    `json:"code"`
	Code        int    `json:"err_code"`
	Description string `json:"description"`
}

func (e *brokerError) Error() string {
	return fmt.Sprintf("JetStream %d: %s", e.Code, e.Description)
}

type ack struct {
	Error     *brokerError `json:"error"`
	Stream    string       `json:"stream"`
	Seq       uint64       `json:"seq"`
	Duplicate bool         `json:"duplicate"`
	Count     int          `json:"count"`
}

// send makes one attempt: a plain publish for one event, an atomic batch for
// more. It returns the first event's sequence; a batch's are contiguous.
func (l *Log) send(ctx context.Context, s events.Stream, batch []*pending, lost <-chan struct{}) (first uint64, duplicate bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	go func() { // an answer that was on its way when the connection broke never comes
		select {
		case <-lost:
			cancel()
		case <-ctx.Done():
		}
	}()
	batchID := nuid.Next()
	for i, e := range batch {
		msg := message(s, e)
		if len(batch) > 1 {
			msg.Header.Set(hdrBatchID, batchID)
			msg.Header.Set(hdrBatchSeq, strconv.Itoa(i+1))
		}
		if i < len(batch)-1 {
			if err := l.write.PublishMsg(msg); err != nil {
				return 0, false, err
			}
			continue
		}
		if len(batch) > 1 {
			msg.Header.Set(hdrBatchCommit, "1")
		}
		a, err := l.request(ctx, msg, batch)
		if err != nil {
			return 0, false, err
		}
		l.reaches(s, a.Seq)
		first, duplicate = a.Seq-uint64(len(batch)-1), a.Duplicate
	}
	return first, duplicate, nil
}

func message(s events.Stream, e *pending) *nats.Msg {
	msg := &nats.Msg{Subject: e.subject, Data: e.body, Header: nats.Header{}}
	msg.Header.Set(hdrMsgID, e.id)
	msg.Header.Set(hdrStream, string(s))
	if e.trace != "" {
		msg.Header.Set(hdrTraceparent, e.trace)
	}
	if e.expect != nil {
		msg.Header.Set(hdrExpectSeq, strconv.FormatUint(e.expect.seq, 10))
		msg.Header.Set(hdrExpectSubj, e.expect.subject)
	}
	return msg
}

// request sends the message that is answered, and reads the answer.
func (l *Log) request(ctx context.Context, msg *nats.Msg, batch []*pending) (ack, error) {
	resp, err := l.write.RequestMsgWithContext(ctx, msg)
	// A connection that is closed while the answer is on its way looks like
	// one that was closed before.
	if !neverArrived(err) || errors.Is(err, nats.ErrConnectionClosed) {
		for _, e := range batch {
			e.reached = true
		}
	}
	if err != nil {
		return ack{}, err
	}
	var a ack
	if err := json.Unmarshal(resp.Data, &a); err != nil {
		return ack{}, fmt.Errorf("unreadable ack: %w", err)
	}
	if a.Error != nil {
		return ack{}, a.Error
	}
	if a.Seq == 0 || (len(batch) > 1 && a.Count != len(batch)) {
		return ack{}, fmt.Errorf("ack of %d events counts %d, sequence %d", len(batch), a.Count, a.Seq)
	}
	return a, nil
}

// neverArrived reports whether err proves that the server got nothing.
func neverArrived(err error) bool {
	return errors.Is(err, nats.ErrNoResponders) || errors.Is(err, nats.ErrReconnectBufExceeded) ||
		errors.Is(err, nats.ErrConnectionReconnecting) || errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, nats.ErrDisconnected)
}

type outcome int

const (
	stored  outcome = iota // acked
	again                  // try the same events again, with the same ids
	split                  // a duplicate is in the batch: halve it
	refused                // the server will not take it, and did not
)

func verdict(err error) outcome {
	var b *brokerError
	switch {
	case err == nil:
		return stored
	case errors.Is(err, nats.ErrMaxPayload):
		return refused
	case !errors.As(err, &b):
		return again // timeouts, lost connections, elections
	case b.Code == errDuplicate:
		return split
	case b.full(), b.Code == errWrongLast, b.Code == errWrongLastAny, b.Code == errMaxPayload, b.Code == errAtomicOff:
		return refused
	default:
		return again // in process, incomplete, too many in flight, no leader
	}
}

// full reports whether the stream's byte bound or the volume is reached.
func (b *brokerError) full() bool {
	return b.Code == errNoResources || strings.Contains(b.Description, "maximum bytes") || strings.Contains(b.Description, "maximum messages") ||
		b.Code == errStoreFailed && strings.Contains(b.Description, "no space")
}

// explain turns a refusal into what a client may see.
func explain(err error) error {
	var b *brokerError
	switch {
	case errors.As(err, &b) && b.full():
		return &chat.Error{Code: chat.LogFull, Detail: "The log is full. Nothing happened; an operator must make space.", Cause: err}
	case errors.As(err, &b) && (b.Code == errWrongLast || b.Code == errWrongLastAny):
		return fmt.Errorf("%w: %w", ErrFenced, err)
	default:
		return &chat.Error{Code: chat.Internal, Detail: "The log refused the event.", Cause: err}
	}
}

var errNeverSent = errors.New("the event was never sent")

func unknown(cause error) error {
	return &chat.Error{Code: chat.OutcomeUnknown, Cause: cause,
		Detail: "It is not known whether this was stored. Send it again with the same key."}
}

package events

import (
	"context"
	"crypto/rand"
	"encoding/hex"
)

type traceKey struct{}

// WithTrace returns a context that carries a fresh trace: one for each action
// of a client. The log's headers and the outbox hand it on to the workers.
func WithTrace(ctx context.Context) context.Context {
	return context.WithValue(ctx, traceKey{}, NewTrace())
}

// TraceOf returns the traceparent that ctx carries, or "".
func TraceOf(ctx context.Context) string {
	trace, _ := ctx.Value(traceKey{}).(string)
	return trace
}

// NewTrace returns a fresh, sampled traceparent (W3C Trace Context, level 1,
// section 3.2.2).
func NewTrace() string {
	var b [24]byte
	rand.Read(b[:])
	return "00-" + hex.EncodeToString(b[:16]) + "-" + hex.EncodeToString(b[16:]) + "-01"
}

// TraceID returns the 32 hex digits of a traceparent's trace id, or "".
func TraceID(traceparent string) string {
	if len(traceparent) != 55 {
		return ""
	}
	return traceparent[3:35]
}

package edge

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Reset is the code of an answer that no position can be honoured. It is a
// code of problems only: sockets and streams have their own frame for it.
const Reset chat.Code = "reset"

// resetError says why a position cannot be honoured, and where to start over.
type resetError struct {
	reason   resetReason
	position chat.Position
}

func (r *resetError) Error() string { return "reset: " + string(r.reason) }

// statusOf is the one table of statuses. Whatever it does not know is a defect.
func statusOf(code chat.Code) int {
	switch code {
	case chat.BadRequest, chat.BadName, chat.BadPassword, chat.BadEmail, chat.BadText, chat.BadKey, chat.BadPosition:
		return http.StatusBadRequest
	case chat.Unauthenticated, chat.WrongCredentials, chat.WrongCode:
		return http.StatusUnauthorized
	case chat.Forbidden, chat.SignUpClosed, chat.BadInvitation, chat.Muted, chat.Banned, chat.ReadOnly:
		return http.StatusForbidden
	case chat.NotFound:
		return http.StatusNotFound
	case chat.NameTaken, chat.Conflict, chat.LimitReached, chat.OtherIdentity, chat.Archived, chat.MessageDeleted:
		return http.StatusConflict
	case Reset:
		return http.StatusGone
	case chat.TooLarge:
		return http.StatusRequestEntityTooLarge
	case chat.KeyReused:
		return http.StatusUnprocessableEntity
	case chat.RateLimited, chat.SlowMode:
		return http.StatusTooManyRequests
	case chat.OutcomeUnknown, chat.Unavailable, chat.Overloaded:
		return http.StatusServiceUnavailable
	case chat.LogFull:
		return http.StatusInsufficientStorage
	default:
		return http.StatusInternalServerError
	}
}

// retryAfter is how long a client should wait before it tries again, where the
// error does not know better; 0: trying again does not help.
func retryAfter(code chat.Code) time.Duration {
	switch code {
	case chat.OutcomeUnknown, chat.Overloaded:
		return time.Second
	case chat.Unavailable, chat.RateLimited, chat.SlowMode:
		return 2 * time.Second
	default:
		return 0
	}
}

// Problem is an error as clients see it (RFC 9457).
type Problem struct {
	Type     string         `json:"type" doc:"Names the code; not an address to visit"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail" doc:"A sentence that a person can act on"`
	Code     chat.Code      `json:"code" doc:"Stable: decide by this"`
	Trace    string         `json:"trace,omitempty" doc:"Finds the request in the operator's logs"`
	Errors   []FieldError   `json:"errors,omitempty"`
	Position string         `json:"position,omitempty" doc:"With code reset: where to start over"`
	Reason   resetReason    `json:"reason,omitempty" doc:"With code reset: why"`
	Ban      *chat.BanTerms `json:"ban,omitempty" doc:"With code banned: why, and until when; without until: for ever"`

	after time.Duration // Retry-After
}

// FieldError says what is wrong with one member or parameter of the request.
type FieldError struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

func (p *Problem) Error() string  { return string(p.Code) + ": " + p.Detail }
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns the headers that go with the problem.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.after > 0 {
		h.Set("Retry-After", strconv.Itoa(seconds(p.after)))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="natter"`)
	}
	return h
}

// ContentType makes huma answer with the problem's media type.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// frame is the problem as a socket's answer to a frame.
func (p *Problem) frame(id uint64, room string) errorFrame {
	f := errorFrame{Op: "error", ID: id, Room: room, Code: p.Code, Detail: p.Detail}
	if p.Status == http.StatusTooManyRequests {
		f.Retry = (p.after + time.Millisecond - 1).Milliseconds()
	}
	return f
}

// newProblem returns the problem of a code.
func newProblem(ctx context.Context, code chat.Code, detail string) *Problem {
	status := statusOf(code)
	return &Problem{Type: "urn:natter:" + string(code), Title: http.StatusText(status), Status: status,
		Detail: detail, Code: code, Trace: traceID(ctx), after: retryAfter(code)}
}

// problem translates any error: clients get the code and a safe sentence,
// operators the cause.
func (e *Edge) problem(ctx context.Context, err error) *Problem {
	var known *chat.Error
	var reset *resetError
	var already *Problem
	switch {
	case errors.As(err, &already):
		p := *already
		p.Trace = traceID(ctx)
		return &p
	case errors.As(err, &reset):
		p := newProblem(ctx, Reset, "The position cannot be honoured: start over from the one given here.")
		p.Position, p.Reason = reset.position.String(), reset.reason
		return p
	case errors.As(err, &known) && known.Code != chat.Internal:
		p := newProblem(ctx, known.Code, known.Detail)
		p.Ban = known.Ban
		if known.Field != "" {
			p.Errors = []FieldError{{known.Field, known.Detail}}
		}
		if known.RetryAfter > 0 {
			p.after = known.RetryAfter
		}
		e.noteFailure(ctx, p, err)
		return p
	case ctx.Err() != nil:
		return newProblem(ctx, chat.Unavailable, "That took too long. Try again.")
	default:
		p := newProblem(ctx, chat.Internal, "Something is broken in natter. The trace helps its operator to find it.")
		e.noteFailure(ctx, p, err)
		return p
	}
}

// noteFailure tells the operator of what is natter's fault, not the client's. A
// full queue is counted, not logged: one client could fill the log with it.
func (e *Edge) noteFailure(ctx context.Context, p *Problem, err error) {
	if p.Status == http.StatusInternalServerError {
		e.Logger.ErrorContext(ctx, "a request failed", "trace", p.Trace, "error", err)
	} else if p.Status > http.StatusInternalServerError && p.Code != chat.Overloaded && ctx.Err() == nil {
		e.Logger.WarnContext(ctx, "a request was not served", "trace", p.Trace, "code", p.Code, "error", err)
	}
}

// traceID returns the trace id of ctx, as it stands in logs and problems.
func traceID(ctx context.Context) string { return events.TraceID(events.TraceOf(ctx)) }

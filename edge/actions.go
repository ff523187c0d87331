package edge

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/natter-chat/natter/chat"
)

// The actions of this package (authenticate, post, markRead, createRoom, …)
// are one function each, called by HTTP and WebSocket alike, so that a rule
// stands in one place. Each returns *chat.Error for what a client may see.

// Ack says that the log has it durably. It is equal for every retry.
type Ack struct {
	Message    string `json:"message,omitempty" doc:"The event's id"`
	Seq        uint64 `json:"seq" doc:"The event's place in the room's order"`
	Position   string `json:"position" doc:"Where a subscription that has seen this event may start"`
	Durability string `json:"durability" doc:"fsync, quorum or unverified" enum:"fsync,quorum,unverified"`
}

// flushTime bounds how long a command waits for its event to reach the log.
// The decision stands whatever happens: a sweeper publishes what is left.
const flushTime = 5 * time.Second

// flush publishes what a command wrote into the outbox under the subjects, in
// their order. It goes on when the client hangs up, because others wait for the
// events.
func (e *Edge) flush(ctx context.Context, subjects ...string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	for i, subject := range subjects {
		if subject == "" || slices.Contains(subjects[:i], subject) {
			continue
		}
		if err := e.Outbox.Flush(ctx, subject); err != nil {
			e.Logger.WarnContext(ctx, "the outbox will be published later", "subject", subject, "trace", traceID(ctx), "error", err)
		}
	}
}

// notFound is what strangers are told about everything they may not see: the
// same as for what does not exist.
func notFound() error {
	return chat.Errorf(chat.NotFound, "There is no such room, or not for you.")
}

// isCode reports whether err carries code.
func isCode(err error, code chat.Code) bool { return errors.Is(err, &chat.Error{Code: code}) }

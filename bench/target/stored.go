package target

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/natter-chat/natter/events"
)

// askWithin bounds one question to the log or the tables.
const askWithin = 10 * time.Second

// nobody is the id of a room that does not exist.
const nobody = "00000000-0000-8000-8000-000000000000"

// Logged returns the last sequence that CHAT has assigned.
func (t *Target) Logged() (uint64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), askWithin)
	defer cancel()
	state, err := t.people.log.State(ctx, events.Chat)
	return state.Last, err
}

// Stored returns the sequence up to which the tables are true. It reads a page
// of nobody's room, because asking for the offset itself takes the lock that
// the persister needs.
func (t *Target) Stored() (uint64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), askWithin)
	defer cancel()
	page, err := t.people.db.RoomPage(ctx, "", nobody, 0, 0, 1, false)
	return page.Offset, err
}

// Behind returns by how many events the tables are behind the log.
func (t *Target) Behind() (int64, error) {
	last, err := t.Logged()
	if err != nil {
		return 0, err
	}
	stored, err := t.Stored()
	return int64(last) - int64(stored), err
}

// undone returns of how many subjects the outbox holds events, looking no
// further than one, and by how many events the tables are behind the log.
// People who are made in the database alone leave their joining to the sweeper,
// which ends with the persister.
func (t *Target) undone(ctx context.Context) (unpublished, behind int64, err error) {
	left, err := t.people.db.OutboxSubjects(ctx, 0, 1)
	if err != nil {
		return 0, 0, err
	}
	behind, err = t.Behind()
	return int64(len(left)), behind, err
}

// Erased waits until the log has forgotten what was deleted. On a target that was
// not started here it returns at once.
func (t *Target) Erased(ctx context.Context, within time.Duration) error {
	if !t.Private() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		due, err := t.people.db.DueErasures(ctx, 0, 1)
		if err == nil && len(due) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the log has not forgotten everything that was deleted: %w", errors.Join(err, ctx.Err()))
		case <-time.After(20 * time.Millisecond): // between two looks at a condition
		}
	}
}

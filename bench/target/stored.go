package target

import (
	"context"
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

// projected are the tables that the log fills, with what orders their rows.
var projected = []struct{ table, order string }{
	{"events", "seq"},
	{"mentions", "user_id, room_id, seq"},
	{"read_markers", "room_id, user_id"},
	{"notifications", "seq"},
	{"audit", "seq"},
	{"dead_letters", "stream, consumer, seq"},
}

// parts is in how many a table is hashed: a large one in one question would
// take longer than a question may.
const parts = 8

// Contents returns, for each projected table, how many rows it has and hashes
// of all of them in order.
func (t *Target) Contents() (map[string]string, error) {
	all := map[string]string{}
	for _, p := range projected {
		for part := range parts {
			rows, err := t.Cluster.Postgres.Query(fmt.Sprintf(
				"SELECT count(*) || ' rows ' || coalesce(md5(string_agg(md5(t::text), '' ORDER BY %s)), '') FROM %s t WHERE seq %% %d = %d",
				p.order, p.table, parts, part))
			if err != nil {
				return nil, fmt.Errorf("hash %s: %w", p.table, err)
			}
			all[fmt.Sprintf("%s, part %d", p.table, part+1)] = rows[0][0]
		}
	}
	return all, nil
}

// Empty empties the projected tables and forgets the offsets: the next
// persister folds the whole log. No persister may run.
func (t *Target) Empty() error {
	for _, p := range projected {
		if _, err := t.Cluster.Postgres.Query("TRUNCATE " + p.table); err != nil {
			return fmt.Errorf("empty %s: %w", p.table, err)
		}
	}
	_, err := t.Cluster.Postgres.Query("DELETE FROM offsets")
	return err
}

package sql

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// maxReason bounds what a dead letter says about itself, in bytes.
const maxReason = 2000

// decoded is an entry of the log with its event.
type decoded struct {
	events.Entry
	ev events.Event
	id pgtype.UUID
}

// decode returns the batch's events in the log's order, each id once: the first
// entry of an id is the one that counts, within a batch as between batches. The
// others are copies.
func decode(entries []events.Entry) (all, copies []decoded, err error) {
	known := make(map[eventKey]struct{}, len(entries))
	all = make([]decoded, 0, len(entries))
	for _, entry := range entries {
		ev, err := entry.Event()
		if err != nil {
			return nil, nil, fmt.Errorf("%d: %w", entry.Seq, err)
		}
		if entry.Seq > math.MaxInt64 {
			return nil, nil, fmt.Errorf("%d: %w: the sequence is too large", entry.Seq, errUnfit)
		}
		id, err := parseID(ev.ID)
		if err != nil {
			return nil, nil, fmt.Errorf("%d: %w", entry.Seq, err)
		}
		d, key := decoded{entry, ev, id}, eventKey{id, chat.IsAmendment(ev.Type)}
		if _, seen := known[key]; seen {
			copies = append(copies, d)
			continue
		}
		known[key] = struct{}{}
		all = append(all, d)
	}
	return all, copies, nil
}

// eventKey is what makes an event the same: ids of lines and of amendments stand
// in tables of their own.
type eventKey struct {
	id        pgtype.UUID
	amendment bool
}

// understood reports whether the event is of type t in a version whose payload
// this code knows. Others are carried through.
func (d decoded) understood(t events.Type) bool {
	return d.ev.Type == t && d.ev.Version <= events.Version
}

// parseID returns an id as PostgreSQL has it. Of the types that hold one, it is
// the only one that pgx encodes in an array without a detour through text.
func parseID(id string) (pgtype.UUID, error) {
	if !events.IsID(id) {
		return pgtype.UUID{}, fmt.Errorf("%w: %.40q is not an id", errUnfit, id)
	}
	parsed, err := uuid.Parse(id)
	return pgtype.UUID{Bytes: parsed, Valid: err == nil}, err
}

// parseActor returns null for the system.
func parseActor(id string) (pgtype.UUID, error) {
	if id == "" {
		return pgtype.UUID{}, nil
	}
	return parseID(id)
}

// printable returns s as a text that PostgreSQL accepts, cut to maxReason.
func printable(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) <= maxReason {
		return s
	}
	cut := maxReason
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut]
}

// bytesOf returns b, and an empty value instead of null.
func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

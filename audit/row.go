package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/natter-chat/natter/sql"
)

// row is a row of the tables, or what it should be.
type row struct {
	seq       uint64
	scope, id string
	at        time.Time
	hash      []byte   // of the envelope
	columns   []string // what else was taken out of the envelope
}

// wanted is the row that belongs to an entry.
func wanted(e entry, columns ...string) row {
	sum := sha256.Sum256(e.Body)
	return row{seq: e.Seq, scope: e.ev.Scope, id: e.ev.ID, at: e.ev.Time, hash: sum[:], columns: columns}
}

func (r row) equal(other row) bool {
	return r.seq == other.seq && r.scope == other.scope && r.id == other.id && r.at.UnixMicro() == other.at.UnixMicro() &&
		bytes.Equal(r.hash, other.hash) && strings.Join(r.columns, "\x00") == strings.Join(other.columns, "\x00")
}

func (r row) String() string {
	return fmt.Sprintf("event %s of %s at %s with %q, bytes %.4x", r.id, r.scope, r.at.UTC().Format(time.RFC3339Nano), r.columns, r.hash)
}

// rows are the rows of a stream, in its order.
type rows interface {
	peek(ctx context.Context) (*row, error)
	next(ctx context.Context) (*row, error)
}

// rowsOf reads rows from a list of the tables.
type rowsOf[T any] struct {
	list *sql.List[T]
	row  func(*T) row
}

func (r rowsOf[T]) peek(ctx context.Context) (*row, error) { return r.convert(r.list.Peek(ctx)) }
func (r rowsOf[T]) next(ctx context.Context) (*row, error) { return r.convert(r.list.Next(ctx)) }

func (r rowsOf[T]) convert(t *T, err error) (*row, error) {
	if t == nil || err != nil {
		return nil, err
	}
	one := r.row(t)
	return &one, nil
}

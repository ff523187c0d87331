package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// pageSize is how many entries of the log are in memory at once.
const pageSize = 1000

// A page is all that a stream holds of after < seq ≤ upTo.
type page struct {
	stream      events.Stream
	after, upTo uint64
	entries     []entry
}

// entry is an entry of the log with its event, or why it has none.
type entry struct {
	events.Entry
	ev     events.Event
	bad    error
	letter *sql.Letter // nil: not buried
}

// pages calls compare with one page after the other.
func (a *auditor) pages(ctx context.Context, s events.Stream, compare func(context.Context, page) error) error {
	upTo := a.upTo(s)
	for after := a.after(s); after < upTo; {
		found, _, err := a.log.Read(ctx, s.Prefix()+"*", after, pageSize)
		if err != nil {
			return err
		}
		delete(a.first, s)
		p := page{stream: s, after: after, upTo: upTo}
		if n := len(found); n > 0 {
			p.upTo = min(upTo, found[n-1].Seq)
		}
		for _, e := range found {
			if e.Seq <= p.upTo {
				ev, bad := e.Event()
				p.entries = append(p.entries, entry{Entry: e, ev: ev, bad: bad})
			}
		}
		if err := a.compare(ctx, p, compare); err != nil {
			return err
		}
		after = p.upTo
		if a.o.Progress != nil {
			a.o.Progress(Progress{Stream: s, Done: after, Of: upTo, Found: a.report.Total})
		}
	}
	return nil
}

// compare looks for what is the same in all streams, then for the rest.
func (a *auditor) compare(ctx context.Context, p page, rest func(context.Context, page) error) error {
	a.report.Streams[p.stream].Compared += uint64(len(p.entries))
	erased, err := a.erased(ctx, p)
	if err != nil {
		return err
	}
	if err := a.holes(ctx, p, erased); err != nil {
		return err
	}
	p.entries = a.forgotten(p.entries, erased)
	if err := a.letters(ctx, p); err != nil {
		return err
	}
	return rest(ctx, p)
}

// erased returns what the log should have forgotten of a page, by sequence.
func (a *auditor) erased(ctx context.Context, p page) (map[uint64]sql.ErasedRow, error) {
	if p.stream != events.Chat {
		return nil, nil
	}
	rows, err := a.tables.ErasedFrom(ctx, p.after, p.upTo)
	erased := make(map[uint64]sql.ErasedRow, len(rows))
	for _, r := range rows {
		erased[r.Seq] = r
	}
	return erased, err
}

// holes looks for sequences that the log does not have. A stream in which
// nobody can delete gives out every one; from CHAT is gone what was deleted.
func (a *auditor) holes(ctx context.Context, p page, erased map[uint64]sql.ErasedRow) error {
	next := p.after + 1
	missing := func(before uint64) error {
		for next < before {
			if err := a.explains(ctx, p, erased, next); err != nil {
				return err
			}
			if gone(erased, a.late, next) {
				next++
				continue
			}
			from := next
			for next < before && !gone(erased, a.late, next) {
				next++
			}
			held, err := a.held(ctx, p.stream, next-1)
			if err != nil {
				return err
			}
			if !held {
				continue
			}
			says, err := a.ofHole(ctx, p.stream, from)
			if err != nil {
				return err
			}
			a.differs(Difference{Kind: Hole, Stream: p.stream, Seq: from, Log: fmt.Sprintf("nothing from %d to %d", from, next-1), Table: says})
		}
		return nil
	}
	for _, e := range p.entries {
		if err := missing(e.Seq); err != nil {
			return err
		}
		next = e.Seq + 1
	}
	return missing(p.upTo + 1)
}

func gone(erased map[uint64]sql.ErasedRow, late map[uint64]bool, seq uint64) bool {
	_, is := erased[seq]
	return is || late[seq]
}

// explains asks, once a page, what was deleted since the snapshot: the log may
// have forgotten it already.
func (a *auditor) explains(ctx context.Context, p page, erased map[uint64]sql.ErasedRow, seq uint64) error {
	if p.stream != events.Chat || gone(erased, a.late, seq) || a.lateUpTo >= p.upTo {
		return nil
	}
	a.lateUpTo = p.upTo
	late, err := a.o.DB.ErasedBetween(ctx, p.after, p.upTo)
	for _, seq := range late {
		a.late[seq] = true
	}
	return err
}

// ofHole says what the tables know of a hole. That edits of a deleted message
// were erased stands in the table erasures alone, which a rebuild into an empty
// database does not bring back.
func (a *auditor) ofHole(ctx context.Context, s events.Stream, seq uint64) (string, error) {
	const applied = "that this was applied"
	if s != events.Chat {
		return applied, nil
	}
	n, err := a.tables.DeletedOver(ctx, seq)
	if n == 0 || err != nil {
		return applied, err
	}
	return applied + ", or was an edit of a message that was deleted later, if the table erasures was lost", nil
}

// forgotten takes out what the log should not have, and writes down what it has
// all the same. What is due it may have for a moment.
func (a *auditor) forgotten(entries []entry, erased map[uint64]sql.ErasedRow) []entry {
	return slices.DeleteFunc(entries, func(e entry) bool {
		row, gone := erased[e.Seq]
		if gone && !row.Due {
			a.differs(Difference{Kind: Kept, Stream: e.Stream, Seq: e.Seq, Scope: e.ev.Scope,
				Log: fmt.Sprintf("a %s, %s", e.ev.Type, e.ev.ID), Table: "that this was deleted and erased"})
		}
		return gone
	})
}

// letters gives the page's entries their dead letters.
func (a *auditor) letters(ctx context.Context, p page) error {
	found, err := a.tables.Letters(ctx, consumers[p.stream], p.stream, p.after, p.upTo)
	if err != nil {
		return err
	}
	st := a.report.Streams[p.stream]
	st.DeadLetters += uint64(len(found))
	place := map[uint64]*entry{}
	for i := range p.entries {
		place[p.entries[i].Seq] = &p.entries[i]
	}
	for _, letter := range found {
		e := place[letter.Seq]
		if e == nil {
			if err := a.stray(ctx, p.stream, letter.Seq, letter.Subject, "a dead letter"); err != nil {
				return err
			}
			continue
		}
		e.letter = &letter
		if sum := sha256.Sum256(e.Body); !bytes.Equal(sum[:], letter.Hash) || letter.Incarnation != st.Incarnation {
			a.differs(Difference{Kind: Changed, Stream: p.stream, Seq: e.Seq, Scope: e.Subject,
				Log: fmt.Sprintf("%.120q in its life %s", e.Body, st.Incarnation), Table: "that other bytes were buried, in its life " + letter.Incarnation})
		}
	}
	return nil
}

// stray writes down what the log knows nothing of, unless that has expired or was
// deleted since the snapshot.
func (a *auditor) stray(ctx context.Context, s events.Stream, seq uint64, scope, what string) error {
	held, err := a.held(ctx, s, seq)
	if held && !(s == events.Chat && a.late[seq]) {
		a.differs(Difference{Kind: Stray, Stream: s, Seq: seq, Scope: scope, Log: "nothing of it", Table: what})
	}
	return err
}

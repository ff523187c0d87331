package audit

import (
	"context"
	"time"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/sql"
)

// Options say what to compare. Only Log and DB are required.
type Options struct {
	Log *jetstream.Log
	DB  *sql.DB // of the primary or a standby
	// After leaves out what stands up to a sequence of a stream.
	After map[events.Stream]uint64
	// Twice are ids of events that somebody has put into the log twice on
	// purpose. A second row or notification of them is a difference all the
	// same.
	Twice map[string]bool
	// Told expects the notifier to have handled all that the tables have. Its
	// own word, the cursor, comes some seconds after the deed.
	Told  bool
	Limit int // of Report.Differences; 0: 100
	// Progress is called now and then, from the goroutine that called Run. It
	// may be nil.
	Progress func(Progress)
}

// Progress is how far an audit has come.
type Progress struct {
	Stream events.Stream
	Done   uint64 // the sequence up to which it has compared
	Of     uint64 // up to which it will
	Found  int    // differences so far
}

// Run compares. An error means that it could not be done, or not to the end.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Log.Incarnation(events.Chat) == "" {
		if err := o.Log.Check(ctx); err != nil {
			return nil, err
		}
	}
	return run(ctx, o.Log, o)
}

// reader is what an audit needs of the log; a *jetstream.Log is one.
type reader interface {
	Incarnation(s events.Stream) string
	State(ctx context.Context, s events.Stream) (jetstream.State, error)
	Read(ctx context.Context, subject string, after uint64, limit int) ([]events.Entry, bool, error)
	Get(ctx context.Context, s events.Stream, seq uint64) (events.Entry, error)
	CursorBefore(ctx context.Context, before uint64) (jetstream.Cursor, error)
}

// outboxAge is how long an event may wait in the outbox. Edges publish at once,
// persisters sweep every second.
const outboxAge = time.Minute

// auditor is one run.
type auditor struct {
	log    reader
	o      Options
	tables *sql.Snapshot
	report *Report

	told     uint64          // up to here the notifier has handled CHAT
	late     map[uint64]bool // of CHAT: erased since the snapshot, as far as that was asked
	lateUpTo uint64          // up to here it was

	first map[events.Stream]uint64 // what the log holds from, as far as it was asked since the last page
}

func run(ctx context.Context, log reader, o Options) (*Report, error) {
	a := &auditor{log: log, o: o, report: newReport(), late: map[uint64]bool{}, first: map[events.Stream]uint64{}}
	if a.o.Limit == 0 {
		a.o.Limit = 100
	}
	err := o.DB.Snapshot(ctx, func(ctx context.Context, s *sql.Snapshot) error {
		a.tables = s
		for _, step := range []func(context.Context) error{
			a.positions, a.keys, a.chat, a.amended, a.reads, a.markers, a.notify, a.readFlags, a.noted, a.members, a.outbox,
		} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.report.Seconds = time.Since(a.report.Began).Seconds()
	return a.report, nil
}

func newReport() *Report {
	r := &Report{Began: time.Now().UTC(), Streams: map[events.Stream]*Stream{}, Kinds: map[Kind]int{}, Differences: []Difference{}}
	for _, k := range Kinds {
		r.Kinds[k] = 0
	}
	return r
}

// differs writes a difference down.
func (a *auditor) differs(d Difference) {
	a.report.Total++
	a.report.Kinds[d.Kind]++
	if len(a.report.Differences) < a.o.Limit {
		a.report.Differences = append(a.report.Differences, d)
	}
}

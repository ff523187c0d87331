package audit

import (
	"context"
	"errors"

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
	Limit int // of Report.Differences; 0: 100
	// Progress is called now and then, from the goroutine that called Run. It
	// may be nil.
	Progress func(Progress)
}

// Progress is how far an audit has come.
type Progress struct {
	Stream events.Stream
	Done   uint64 // sequences compared
	Of     uint64
	Found  int // differences so far
}

// Run compares. An error means that it could not be done, or not to the end.
func Run(ctx context.Context, o Options) (*Report, error) {
	return nil, errors.New("not built yet")
}

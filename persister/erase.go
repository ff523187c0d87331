package persister

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/sql"
)

const (
	eraseEvery  = 5 * time.Second  // looks for what an instance that died left
	eraseLimit  = 100              // entries of one look
	eraseWithin = 10 * time.Second // one entry, an election included
)

// mayErase has the eraser look at once.
func (p *Persister) mayErase() {
	select {
	case p.due <- struct{}{}:
	default: // it will look anyway
	}
}

// eraser makes the log forget what the tables have deleted, until ctx ends.
// Nothing waits for it: what it could not erase it tries again.
func (p *Persister) eraser(ctx context.Context) error {
	tick := time.NewTicker(eraseEvery)
	defer tick.Stop()
	for {
		if err := p.erase(ctx); err != nil && ctx.Err() == nil {
			p.Logger.Warn("deleted messages could not be erased from the log and will be tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-p.due:
		}
	}
}

func (p *Persister) erase(ctx context.Context) error {
	for {
		due, err := p.DB.DueErasures(ctx, p.EraseAfter, eraseLimit)
		if err != nil {
			return err
		}
		var failed []error // one that fails holds up no other
		for _, e := range due {
			if err := p.eraseOne(ctx, e); err != nil {
				failed = append(failed, fmt.Errorf("entry %d: %w", e.Seq, err))
			}
		}
		if len(due) < eraseLimit || len(failed) > 0 {
			return errors.Join(failed...)
		}
	}
}

func (p *Persister) eraseOne(ctx context.Context, e sql.Erasure) error {
	ctx, cancel := context.WithTimeout(ctx, eraseWithin)
	defer cancel()
	erased, err := p.Log.Erase(ctx, events.Chat, jetstream.Erasure{Seq: e.Seq, Subject: e.Subject(), ID: e.ID})
	if err != nil {
		return err
	}
	if err := p.DB.Erased(ctx, e.Seq, !erased); err != nil {
		return err
	}
	if erased {
		p.metrics.erased.Inc()
		return nil
	}
	p.metrics.kept.Inc()
	p.Logger.Error("a deletion names an entry that holds something else, which was kept", "seq", e.Seq, "subject", e.Subject(), "id", e.ID)
	return nil
}

package jetstream

import (
	"context"
	"math"
	"time"

	"github.com/natter-chat/natter/events"
)

// checkLoop compares quiet subjects with the log: a copy that was lost at a
// subject's end would otherwise show only with the next event.
func (f *Feed) checkLoop(ctx context.Context) {
	tick := time.NewTicker(f.opts.Check)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-f.kick:
		}
		all := f.all.Swap(false)
		if err := f.check(ctx, all); err != nil {
			if all {
				f.all.Store(true)
			}
			f.log.logger.Debug("could not compare with the log", "stream", f.stream, "error", err)
			continue
		}
		f.heard.Store(time.Now().UnixNano())
	}
}

// survey is what a check compares.
type survey struct {
	topics   map[*shard][]*topic
	subjects []string // of those that follow one subject
	since    uint64   // none of them lacks anything up to here
}

// check asks the log for the newest entry of each quiet subject, or of every
// one, and has the shards fill what they miss. A stream that has not grown
// since the last check costs one question, however many subjects are open.
func (f *Feed) check(ctx context.Context, all bool) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	quiet := f.survey(all)
	state, err := f.log.State(ctx, f.stream)
	if err != nil || state.Last <= quiet.since {
		return err
	}
	// The server says up to where its answer is true only if it found
	// anything: one subject that certainly has an entry goes along.
	anchor, err := f.anchor(ctx, state)
	if err != nil || len(anchor) == 0 { // none: all has expired
		return err
	}
	found, upTo, err := f.log.last(ctx, quiet.subjects, quiet.since, anchor[0].Subject)
	if err != nil {
		return err
	}
	// What the log just told may still be on its way: wait for all that the
	// server sent before now, so that only what was lost is filled.
	if err := f.log.live.FlushWithContext(ctx); err != nil {
		return err
	}
	newest := map[string]uint64{f.stream.Prefix() + "*": state.Last}
	for _, e := range found {
		newest[e.Subject] = e.Seq
	}
	for s, topics := range quiet.topics {
		s.do(func() { s.compare(topics, newest, upTo) })
	}
	return nil
}

// anchor returns the stream's newest entry: the one at its end, unless that was
// erased.
func (f *Feed) anchor(ctx context.Context, state State) ([]events.Entry, error) {
	all := f.stream.Prefix() + "*"
	newest, _, err := f.log.Read(ctx, all, state.Last-1, 1)
	if err != nil || len(newest) > 0 {
		return newest, err
	}
	return f.log.ReadBack(ctx, all, 0, 0, 1)
}

func (f *Feed) survey(all bool) survey {
	q := survey{topics: map[*shard][]*topic{}, since: math.MaxUint64}
	for _, s := range f.shards {
		s.do(func() {
			for _, t := range s.quiet(all) {
				q.topics[s] = append(q.topics[s], t)
				q.since = min(q.since, t.checked)
				if !t.whole {
					q.subjects = append(q.subjects, t.subject)
				}
			}
		})
	}
	return q
}

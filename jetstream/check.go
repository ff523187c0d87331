package jetstream

import (
	"context"
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

// check asks the log for the newest entry of each quiet subject, or of every
// one, and has the shards fill what they miss.
func (f *Feed) check(ctx context.Context, all bool) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	quiet := map[*shard][]*topic{}
	var subjects, wholes []string
	since := ^uint64(0)
	for _, s := range f.shards {
		s.do(func() {
			for _, t := range s.quiet(all) {
				quiet[s] = append(quiet[s], t)
				if t.whole {
					wholes = append(wholes, t.subject)
					continue
				}
				subjects = append(subjects, t.subject)
				since = min(since, t.checked)
			}
		})
	}
	found, upTo, err := f.log.last(ctx, subjects, since)
	if err != nil {
		return err
	}
	for _, subject := range wholes {
		e, err := f.newest(ctx, subject)
		if err != nil {
			return err
		}
		found = append(found, e...)
	}
	if len(subjects)+len(wholes) == 0 { // nothing to compare, but is anybody there?
		_, err := f.log.State(ctx, f.stream)
		return err
	}
	// What the log just told may still be on its way: wait for all that the
	// server sent before now, so that only what was lost is filled.
	if len(found) > 0 {
		if err := f.log.live.FlushWithContext(ctx); err != nil {
			return err
		}
	}
	newest := map[string]events.Entry{}
	for _, e := range found {
		newest[e.Subject] = e
	}
	for s, topics := range quiet {
		s.do(func() { s.compare(topics, newest, upTo) })
	}
	return nil
}

// newest returns an entry under the wildcard's own name if the stream holds
// anything after what the topic has seen.
func (f *Feed) newest(ctx context.Context, subject string) ([]events.Entry, error) {
	s, after := f.shardOf(subject), uint64(0)
	s.do(func() {
		if t := s.topics[subject]; t != nil {
			after = t.last
		}
	})
	state, err := f.log.State(ctx, f.stream)
	if err != nil || state.Last <= after {
		return nil, err
	}
	return []events.Entry{{Stream: f.stream, Subject: subject, Seq: state.Last}}, nil
}

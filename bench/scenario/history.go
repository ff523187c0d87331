package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/bench/load"
	"github.com/natter-chat/natter/bench/meter"
	"github.com/natter-chat/natter/bench/target"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/client"
)

const (
	pageLimit   = 50
	readersOf   = 50     // people whose tokens the readers use
	overHTTP    = 10_000 // up to so many messages are posted as people do
	postsAtOnce = 32
	fillWithin  = 5 * time.Minute
)

// History is readers who page by cursor through one room, each from a place of
// its own to the beginning, then again and again from the newest page. A reader
// asks for its next page when it has checked the last (closed loop).
func History(ctx context.Context, t *target.Target, o Options) (*Result, error) {
	readers, messages := or(o.Connections, 1000), or(o.Messages, 2000)
	c, err := gather(ctx, t, o, min(readers, readersOf), 1)
	if err != nil {
		return nil, err
	}
	seqs, err := c.talk(ctx, messages, or(o.Size, 300))
	if err != nil {
		return nil, fmt.Errorf("fill the room: %w", err)
	}
	if _, err := t.Drained(ctx, fillWithin); err != nil {
		return nil, err
	}
	h := &history{crowd: c, seqs: seqs, lats: load.NewLatencies(), errors: map[string]int{}}
	return h.run(ctx, readers, or(o.Duration, 10*time.Second))
}

// talk posts messages into the first room, by its members in turn, and returns
// their sequences, ascending.
func (c *crowd) talk(ctx context.Context, messages, size int) ([]uint64, error) {
	seqs := make([]uint64, messages)
	text := texts("history", size)
	began := time.Now()
	defer func() {
		slices.Sort(seqs)
		c.o.Progress("posted %d messages in %.1f s", messages, time.Since(began).Seconds())
	}()
	if c.t.Private() && messages > overHTTP {
		fill, err := c.filling(ctx, c.rooms[:1])
		if err != nil {
			return nil, err
		}
		return seqs, fill.run(ctx, messages, text, func(i int, seq uint64) { seqs[i] = seq })
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(postsAtOnce)
	for i := range seqs {
		group.Go(func() error {
			who, err := c.people[i%len(c.people)].Client(c.t.Edges[i%len(c.t.Edges)])
			if err != nil {
				return err
			}
			key, said := chat.NewID(), text(i)
			return client.Retry(ctx, func() error {
				ack, err := who.Post(ctx, c.rooms[0], key, said)
				seqs[i] = ack.Seq
				return err
			})
		})
	}
	return seqs, group.Wait()
}

// history is what the readers share.
type history struct {
	*crowd
	seqs []uint64 // of the room's messages, ascending
	lats *load.Latencies

	mu     sync.Mutex
	walks  []*load.Walk
	bytes  int
	pages  int
	errors map[string]int
}

func (h *history) run(ctx context.Context, readers int, d time.Duration) (*Result, error) {
	var pagers []*load.Pager
	for i := range readers {
		p, err := load.DialPager(ctx, h.t.Edges[i%len(h.t.Edges)])
		if err != nil {
			for _, p := range pagers {
				p.Close()
			}
			return nil, fmt.Errorf("connect a reader: %w", err)
		}
		pagers = append(pagers, p)
	}
	h.o.Progress("%d readers page through %d messages for %s", readers, len(h.seqs), d)
	profiled := make(chan error, 1)
	go func() { profiled <- h.o.profile(ctx, h.t, d) }()
	m := meter.Start(h.t.Roles)
	began := time.Now()
	reading, stop := context.WithDeadline(ctx, began.Add(d))
	defer stop() // the readers close their connections
	var running sync.WaitGroup
	for i, p := range pagers {
		running.Go(func() { h.read(reading, i, readers, p) })
	}
	running.Wait()
	r := h.result(time.Since(began), m.Stop(), readers)
	return r, errors.Join(<-profiled, ctx.Err())
}

func (h *history) result(took time.Duration, usage meter.Usage, readers int) *Result {
	r := &Result{Seconds: round(took.Seconds()), Connection: readers, Errors: h.errors}
	var passes, short uint64
	for _, w := range h.walks {
		r.Delivered += w.Entries
		r.Lost, r.Duplicated, r.Reordered = r.Lost+w.Lost, r.Duplicated+w.Duplicated, r.Reordered+w.Reordered
		passes, short = passes+w.Passes, short+w.Short
	}
	r.Expected = r.Delivered + r.Lost - r.Duplicated - r.Reordered
	if short > 0 {
		r.Errors["a page of the wrong size"] += int(short)
	}
	r.DeliveriesPerS = round(float64(r.Delivered) / took.Seconds())
	r.used(usage)
	all := h.lats.Summary()
	pages := float64(max(h.pages, 1))
	r.more(map[string]float64{
		"messages": float64(len(h.seqs)), "pages": float64(h.pages), "pages_per_s": round(float64(h.pages) / took.Seconds()),
		"mean_ms": round(all.Mean), "p50_ms": round(all.P50), "p99_ms": round(all.P99), "max_ms": round(all.Most),
		"bytes_per_page": round(float64(h.bytes) / pages), "passes": float64(passes),
	})
	r.more(per("cpu_us_per_page_", usage, pages))
	return r
}

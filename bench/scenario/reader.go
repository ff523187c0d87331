package scenario

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/natter-chat/natter/bench/load"
	"github.com/natter-chat/natter/bench/target"
	"github.com/natter-chat/natter/chat"
)

// reader is one of the readers of a history.
type reader struct {
	*history
	index  int
	who    *target.Person
	pager  *load.Pager
	walk   *load.Walk
	before string
	bytes  int
	pages  int
	errors map[string]int
}

// read pages until ctx ends. A request that fails is counted and made again.
func (h *history) read(ctx context.Context, i, n int, p *load.Pager) {
	r := &reader{history: h, index: i, who: h.people[i%len(h.people)], pager: p, walk: load.NewWalk(h.seqs), errors: map[string]int{}}
	defer func() { r.pager.Close() }()
	for ctx.Err() == nil {
		err := r.page()
		if err != nil {
			r.errors[err.Error()]++
			r.again(ctx)
		} else if r.pages == 1 {
			r.spread(n)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.walks, h.bytes, h.pages = append(h.walks, r.walk), h.bytes+r.bytes, h.pages+r.pages
	for kind, times := range r.errors {
		h.errors[kind] += times
	}
}

func (r *reader) page() error {
	token, err := r.who.Token()
	if err != nil {
		return err
	}
	began := time.Now()
	page, err := r.pager.Get(token, r.rooms[0], r.before, pageLimit)
	r.lats.Add(r.index, time.Since(began)) // a failure has cost its time, too
	if err != nil {
		return err
	}
	r.bytes, r.pages, r.before = r.bytes+page.Bytes, r.pages+1, page.Older
	r.walk.See(page, pageLimit)
	return nil
}

// spread sends reader i of n to its own part of the room after its first page,
// so that all of it is read however large it is.
func (r *reader) spread(n int) {
	at := len(r.seqs) * (r.index + 1) / n
	if r.before == "" || at >= len(r.seqs) {
		return
	}
	incarnation, _, _ := strings.Cut(r.before, "-")
	r.before = chat.Position{Incarnation: incarnation, Seq: r.seqs[at]}.String()
	r.walk.BeginBefore(r.seqs[at])
}

// again connects anew.
func (r *reader) again(ctx context.Context) {
	r.pager.Close()
	select {
	case <-time.After(rand.N(100 * time.Millisecond)): // a storm is spread
	case <-ctx.Done():
		return
	}
	if p, err := load.DialPager(ctx, r.t.Edges[r.index%len(r.t.Edges)]); err == nil {
		r.pager = p
	}
}

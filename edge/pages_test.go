package edge

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestAnotherLifeOfTheLogHasPagesOfItsOwn(t *testing.T) {
	p := newPages(time.Now, 1<<20, newMetrics(nil).pages)
	at := pageSpot{incarnation: "00000001", room: "tea", seq: 5, limit: 50}
	p.keep(at, old("old"))
	other := at
	other.incarnation = "00000002"
	if body, done := p.find(t.Context(), other); body != nil {
		t.Errorf("got %s", body)
	} else {
		done(nil)
	}
	if body, _ := p.find(t.Context(), at); body.String() != "old" {
		t.Errorf("got %q", body)
	}
}

func TestWhatIsKeptIsBoundedAndForgottenInTime(t *testing.T) {
	now := time.Now()
	reg := prometheus.NewRegistry()
	m := newMetrics(reg).pages
	p := newPages(func() time.Time { return now }, 10_000, m)
	spot := func(i int) pageSpot { return pageSpot{incarnation: "1", room: "tea", seq: uint64(i + 1), limit: 50} }
	for i := range 1000 {
		p.keep(spot(i%300), &oldPage{body: make(rawJSON, 100+i)})
	}
	p.keep(spot(1), &oldPage{body: make(rawJSON, 20_000)})
	total := 0
	for _, k := range p.kept.Values() {
		total += cap(k.body) + keptExtra
	}
	if total != p.bytes || p.bytes > 10_000 || p.bytes < 7_000 || testutil.ToFloat64(m.bytes) != float64(total) {
		t.Errorf("%d bytes are kept, %d noted", total, p.bytes)
	}
	last := p.kept.Keys()[p.kept.Len()-1]
	if body, _ := p.find(t.Context(), last); body == nil {
		t.Error("the latest is not kept")
	}
	now = now.Add(keptFor)
	if body, done := p.find(t.Context(), last); body != nil {
		t.Error("it is kept too long")
	} else {
		if testutil.ToFloat64(m.bytes) != float64(p.bytes) {
			t.Errorf("%d bytes are kept after one page went, %v noted", p.bytes, testutil.ToFloat64(m.bytes))
		}
		done(nil)
	}
}

func TestWhoAsksForAPageThatIsBeingReadWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPages(time.Now, 1<<20, newMetrics(nil).pages)
		at := pageSpot{incarnation: "1", room: "tea", seq: 5, limit: 50}
		for _, page := range []*oldPage{nil, old("page")} { // for a stranger; for a member
			_, done := p.find(t.Context(), at)
			var waiting sync.WaitGroup
			var found atomic.Int64
			for range 10 {
				waiting.Go(func() {
					body, done := p.find(t.Context(), at)
					if body != nil {
						found.Add(1)
						return
					}
					done(nil)
				})
			}
			hurried, cancel := context.WithTimeout(t.Context(), longPage/2)
			defer cancel()
			if body, done := p.find(hurried, at); body != nil || hurried.Err() == nil {
				t.Errorf("after the caller's time came %q", body)
			} else {
				done(nil)
			}
			done(page)
			waiting.Wait()
			if want := int64(10); page != nil && found.Load() != want {
				t.Errorf("%d got the page", found.Load())
			}
			if len(p.reading) != 0 {
				t.Errorf("%d pages are still being read", len(p.reading))
			}
		}
	})
}

func TestNobodyWaitsForLongForAPageThatAnotherReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPages(time.Now, 1<<20, newMetrics(nil).pages)
		at := pageSpot{incarnation: "1", room: "tea", seq: 5, limit: 50}
		_, first := p.find(t.Context(), at) // and hangs
		began := time.Now()
		body, second := p.find(t.Context(), at)
		if waited := time.Since(began); body != nil || waited != longPage {
			t.Errorf("after %s came %q", waited, body)
		}
		second(old("page"))
		if body, _ := p.find(t.Context(), at); body.String() != "page" {
			t.Errorf("what the second read is not kept, but %q", body)
		}
		first(nil)
		if body, _ := p.find(t.Context(), at); body.String() != "page" || len(p.reading) != 0 {
			t.Errorf("after the first came nothing: %q, %d pages are being read", body, len(p.reading))
		}
	})
}

func old(body string) *oldPage { return &oldPage{body: rawJSON(body)} }

// String makes a test's complaint readable.
func (p *oldPage) String() string {
	if p == nil {
		return "nothing"
	}
	return string(p.body)
}

func TestPagesOfARoomWhoseMessagesChangeAreForgotten(t *testing.T) {
	p := newPages(time.Now, 1<<20, newMetrics(nil).pages)
	tea := pageSpot{incarnation: "1", room: "tea", seq: 5, limit: 50}
	later, coffee := tea, tea
	later.seq, coffee.room = 9, "coffee"
	for _, at := range []pageSpot{tea, coffee} {
		p.keep(at, old("old"))
	}
	_, done := p.find(t.Context(), later) // reads
	p.forget("tea")
	done(old("read before it changed"))
	for _, at := range []pageSpot{tea, later} {
		if page, _ := p.find(t.Context(), at); page != nil {
			t.Errorf("%d: %s", at.seq, page)
		}
	}
	if page, _ := p.find(t.Context(), coffee); page == nil || len(p.rooms) != 1 || p.bytes != cap(page.body)+keptExtra {
		t.Errorf("another room's: %s, %d rooms", page, len(p.rooms))
	}
}

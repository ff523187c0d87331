package test

import (
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/natter-chat/natter/chat"
)

// With more lines than by default the test also measures: docs/performance.md.
var roomLines = flag.Int("room.lines", 400, "lines of the room that is scrolled through, 400 or more")

func TestALongRoomLoadsAsOneScrollsAndNothingMoves(t *testing.T) {
	w := pageTown(t)
	cyd := w.Person("cyd")
	name := "Long " + random(3)
	room := cyd.CreatesNamed(name)
	fill(cyd, room, *roomLines-400)
	var all []string
	for i := range 400 {
		all = append(all, fmt.Sprintf("line %d%s", i, strings.Repeat(" and more of it", i%9)))
		cyd.Posts(room, all[i])
	}
	ann := w.Visitor(w.browser(), "ann", w.Edges[1], phone)
	ann.SignsUp()
	ann.Joins(name)
	ann.Waits("the newest line", shown+".at(-1)?.startsWith('line 399')")

	if *roomLines > 400 {
		for range 5 {
			t.Logf("%d lines: %s", *roomLines, awaited[string](ann, pace))
		}
		return
	}
	ann.runs(watchForJumps)
	seen := map[string]bool{}
	for range 200 {
		for _, text := range ask[[]string](ann, shown) {
			seen[text] = true
		}
		if ask[bool](ann, "document.querySelector('.log').scrollTop === 0 && !document.querySelector('.log-top .soon, .log-top.soon')") {
			break
		}
		ann.runs("document.querySelector('.log').scrollBy(0, -500)")
		ann.Waits("the page at rest", "document.querySelector('.log').getAttribute('aria-busy') === 'false'")
	}
	for _, text := range all {
		if !seen[text] {
			t.Errorf("%q was never shown", text)
		}
	}
	if jumps := ask[[]float64](ann, "window.jumps"); len(jumps) > 0 {
		t.Errorf("while older lines loaded, what was on the screen moved by %v pixels", jumps)
	}
	if rows := ask[int](ann, "document.querySelectorAll('.line').length"); rows > 300 {
		t.Errorf("the page holds %d lines of the room; 300 are allowed", rows)
	}

	cyd.Posts(room, "the end")
	ann.Clicks(".to-end")
	ann.Reads("the end")
}

// fill makes a room long, as fast as many posts at once can.
func fill(p *Person, room string, n int) {
	p.t.Helper()
	var all sync.WaitGroup
	for worker := range 32 {
		all.Go(func() {
			for i := worker; i < n; i += 32 {
				if _, err := p.Post(p.ctx(), room, chat.NewID(), fmt.Sprintf("before, %d: %s", i, strings.Repeat("some words and 몇 마디 ", 1+i%9))); err != nil {
					p.t.Errorf("%s posts: %v", p.Name, err)
					return
				}
			}
		})
	}
	all.Wait()
	if p.t.Failed() {
		p.t.FailNow()
	}
}

// pace scrolls back by 120 pixels a frame, 600 frames long, and says how long
// frames took and what the page holds then.
const pace = `new Promise((done) => {
  const log = document.querySelector('.log'), took = [], first = document.querySelector('.line').row.seq;
  let last = performance.now(), way = 0;
  const step = (now) => {
    took.push(now - last);
    last = now;
    const was = log.scrollTop;
    log.scrollBy(0, -120);
    way += was - log.scrollTop;
    if (took.length < 600) return requestAnimationFrame(step);
    took.sort((a, b) => a - b);
    const [half, most, max] = [0.5, 0.99, 1].map((p) => took[Math.round(p * (took.length - 1))].toFixed(0));
    const count = (what) => document.querySelectorAll(what).length;
    done('frames of ' + half + ' ms in the middle, 99 % within ' + most + ', longest ' + max + '; ' + way + ' pixels; ' + count('.line') + ' lines, ' + count('*') + ' elements, '
      + (performance.memory.usedJSHeapSize / 1e6).toFixed(1) + ' MB of heap; from line ' + first + ' to ' + document.querySelector('.line').row.seq);
  };
  requestAnimationFrame(step);
})`

// watchForJumps notes by how much a line on the screen moves when the lines
// before it change: apart from scrolling, not at all.
const watchForJumps = `(() => {
  window.jumps = [];
  const log = document.querySelector('.log');
  const inView = () => [...document.querySelectorAll('.line')].find((e) => e.getBoundingClientRect().top > log.getBoundingClientRect().top);
  let mark = inView(), y = mark.getBoundingClientRect().top, count = mark.parentElement.childElementCount;
  const look = () => { mark = inView(); y = mark?.getBoundingClientRect().top; };
  log.addEventListener('scroll', look);
  new MutationObserver(() => {
    const moved = mark?.isConnected ? mark.getBoundingClientRect().top - y : 0;
    if (Math.abs(moved) > 1) window.jumps.push(moved);
    look();
  }).observe(document.querySelector('.lines'), { childList: true });
})()`

func TestMarkupFromOthersIsInert(t *testing.T) {
	w := pageTown(t)
	cyd := w.Person("cyd")
	name := "Tricks " + random(3)
	room := cyd.CreatesNamed(name)
	tricks := []string{
		`<img src=x onerror="window.hit=1">`, `<script>window.hit=1</script>`, `javascript:window.hit=1`, `[x](javascript:window.hit=1)`,
		"\u202etxt.exe", strings.Repeat("e\u0301", 1200), "data:text/html,<script>window.hit=1</script>",
	}
	for _, trick := range tricks {
		cyd.Posts(room, trick)
	}
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], phone)
	ann.SignsUp()
	ann.Joins(name)
	ann.Reads(tricks...)
	ann.Fits()
	if ask[bool](ann, "window.hit === 1 || document.querySelector('.bubble :is(a, img, script)') !== null") {
		t.Error("markup of another person's was interpreted")
	}
}

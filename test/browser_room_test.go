package test

import (
	"fmt"
	"strings"
	"testing"
)

func TestALongRoomLoadsAsOneScrollsAndNothingMoves(t *testing.T) {
	w := town(t)
	cyd := w.Person("cyd")
	name := "Long " + random(3)
	room := cyd.CreatesNamed(name)
	var all []string
	for i := range 400 {
		all = append(all, fmt.Sprintf("line %d%s", i, strings.Repeat(" and more of it", i%9)))
		cyd.Posts(room, all[i])
	}
	ann := w.Visitor(w.browser(), "ann", w.Edges[1], phone)
	ann.SignsUp()
	ann.Joins(name)
	ann.Waits("the newest line", shown+".at(-1)?.startsWith('line 399')")

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
	w := town(t)
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

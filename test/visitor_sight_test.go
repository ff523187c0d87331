package test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/natter-chat/natter/test/cluster"
)

// Waits waits until an expression is true in the page.
func (v *Visitor) Waits(what, expression string) {
	v.t.Helper()
	cluster.Eventually(v.t, deadline, func() error {
		v.t.Helper()
		if ask[bool](v, "Boolean("+expression+")") {
			return nil
		}
		return fmt.Errorf("%s does not see %s; the page says:\n%s", v.Name, what, ask[string](v, "document.title + '\\n' + document.body.innerText"))
	})
}

// Focuses waits until the focus is on an element that matches.
func (v *Visitor) Focuses(selector string) {
	v.t.Helper()
	v.Waits("the focus on "+selector, "document.activeElement?.matches("+quoted(selector)+")")
}

// shown is an expression: the texts of the open room's lines that are in the log.
const shown = "[...document.querySelectorAll('.line[data-stage=done] .bubble')].map((e) => e.textContent)"

// Reads waits until the open room ends with these lines, each once.
func (v *Visitor) Reads(texts ...string) {
	v.t.Helper()
	wanted, _ := json.Marshal(texts)
	v.Waits(fmt.Sprintf("the lines %q", texts),
		fmt.Sprintf("((wanted, all) => JSON.stringify(all.slice(-wanted.length)) === JSON.stringify(wanted) && wanted.every((w) => all.filter((a) => a === w).length === 1))(%s, %s)", wanted, shown))
}

// IsIn waits until a room is open.
func (v *Visitor) IsIn(room string) {
	v.t.Helper()
	v.Waits("the room "+room, "document.querySelector('.room-name')?.checkVisibility({ visibilityProperty: true }) && document.querySelector('.room-name').textContent === "+quoted(room))
}

// SeesBadges waits until a room in the list has these counts, 0 for none.
func (v *Visitor) SeesBadges(room string, unread, mentions int) {
	v.t.Helper()
	count := func(kind string) string {
		return "Number([...document.querySelectorAll('.rooms li')].find((e) => e.querySelector('.room-title').textContent === " + quoted(room) + ")?.querySelector('[data-" + kind + "]:not([hidden])')?.textContent ?? 0)"
	}
	v.Waits(fmt.Sprintf("%d unread and %d mentions in %s", unread, mentions, room), fmt.Sprintf("%s === %d && %s === %d", count("unread"), unread, count("mentions"), mentions))
}

// IsTold waits until the bell and the title count n unread notifications.
func (v *Visitor) IsTold(n int) {
	v.t.Helper()
	title := "natter"
	if n > 0 {
		title = fmt.Sprintf("(%d) natter", n)
	}
	v.Waits(fmt.Sprintf("%d notifications", n), fmt.Sprintf("document.title === %s && Number(document.querySelector('[data-bell-count]:not([hidden])')?.textContent ?? 0) === %d", quoted(title), n))
}

// SeesTheStrip waits until the strip is there, or gone.
func (v *Visitor) SeesTheStrip(there bool) {
	v.t.Helper()
	v.Waits(fmt.Sprintf("the strip: %v", there), fmt.Sprintf("document.querySelector('#strip').hidden === %v", !there))
}

// within reports whether something took longer than a person would wait.
func (v *Visitor) within(limit time.Duration, what string, act func()) {
	v.t.Helper()
	begun := time.Now()
	act()
	if took := time.Since(begun); took > limit {
		v.t.Errorf("%s: %s took %s; %s are allowed", v.Name, what, took, limit)
	}
}

package test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/natter-chat/natter/chat"
)

// Makes makes a public room.
func (v *Visitor) Makes(room string) {
	v.t.Helper()
	v.Clicks("[data-do=new]")
	v.Clicks("[data-open=make]")
	v.Focuses(".panel input[name=name]")
	v.Types(room)
	v.Presses(kb.Enter)
	v.IsIn(room)
}

// Joins finds a public room and joins it.
func (v *Visitor) Joins(room string) {
	v.t.Helper()
	v.Finds(room)
	v.Clicks(".public button")
	v.IsIn(room)
}

// Finds looks for a public room.
func (v *Visitor) Finds(room string) {
	v.t.Helper()
	if ask[bool](v, "document.querySelector('.composer .back').checkVisibility({ visibilityProperty: true })") {
		v.Clicks(".composer .back")
	}
	v.Clicks("[data-do=new]")
	v.Clicks("[data-open=browse]")
	v.Focuses(".panel input[type=search]")
	v.Types(room)
	v.Waits("the room "+room+" alone", "document.querySelectorAll('.public li').length === 1 && document.querySelector('.public b').textContent === "+quoted(room))
}

// Enters opens a room from the list.
func (v *Visitor) Enters(room string) {
	v.t.Helper()
	if ask[bool](v, "document.querySelector('.composer .back').checkVisibility({ visibilityProperty: true })") {
		v.Clicks(".composer .back")
	}
	link := "[...document.querySelectorAll('.rooms a')].find((e) => e.querySelector('.room-title').textContent === " + quoted(room) + ")"
	v.Waits(room+" in the list", link)
	v.runs(link + ".click()")
	v.IsIn(room)
}

// CreatesNamed makes a public room whose name a visitor can look for.
func (p *Person) CreatesNamed(name string) (room string) {
	p.t.Helper()
	r, err := p.CreateRoom(p.ctx(), chat.Public, name, chat.NewID())
	p.must("create "+name, err)
	return r.ID
}

// Fits fails the test if the page is wider than the screen, or if something to
// touch is smaller than a finger. It looks at what one can see.
func (v *Visitor) Fits() {
	v.t.Helper()
	if wide := ask[int](v, "document.documentElement.scrollWidth - innerWidth"); wide > 0 {
		v.t.Errorf("%s's page is %d pixels wider than the screen", v.Name, wide)
	}
	const small = `[...document.querySelectorAll('button, a.button, input:not([type=radio], [type=checkbox]), textarea, select, .room-row, .option span, .check')]
		.filter((e) => e.checkVisibility({ visibilityProperty: true }) && (e.getBoundingClientRect().height < 44 || e.getBoundingClientRect().width < 44))
		.map((e) => e.outerHTML.slice(0, 120))`
	for _, element := range ask[[]string](v, small) {
		v.t.Errorf("%s's finger misses %s", v.Name, element)
	}
}

// IsKorean fails the test if the page names or says anything in another
// language, apart from what people wrote and from natter's own name.
func (v *Visitor) IsKorean() {
	v.t.Helper()
	v.Waits("Korean, which is loaded when it is chosen", "document.documentElement.lang === 'ko'")
	const spoken = `[...document.querySelectorAll('body *')].filter((e) => !e.closest('template, .brand, .rooms, .members, .bubble, .who, .happening, .room-name, .face, .newcomer, .log-top, #me-title, [data-sent], [data-email], .topic, .about b, [data-topic], [data-langs], .thing-text b, .thing-text small, .thing-said, [lang=en]'))
		.flatMap((e) => [e.ariaLabel, e.title, e.placeholder, ...[...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data)])
		.filter((s) => s && /[A-Za-z]{2}/.test(s.replaceAll('natter test', '')))` // which is what this browser calls itself
	if foreign := ask[[]string](v, spoken); len(foreign) > 0 {
		v.t.Errorf("%s's page is Korean, and says: %s", v.Name, strings.Join(foreign, " | "))
	}
}

// seeTheSame fails the test unless two visitors see the same lines in the same order,
// as far as both reach back.
func seeTheSame(t *testing.T, a, b *Visitor) {
	t.Helper()
	first, second := ask[[]string](a, shown), ask[[]string](b, shown)
	n := min(len(first), len(second))
	if x, y := strings.Join(first[len(first)-n:], "\n"), strings.Join(second[len(second)-n:], "\n"); x != y || n == 0 {
		t.Errorf("%s sees\n%s\n\nand %s sees\n%s", a.Name, x, b.Name, y)
	}
}

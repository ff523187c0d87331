package test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/natter-chat/natter/chat"
)

// there is an expression: how somebody is, by the dot beside their name in the
// open room's list of people.
func (v *Visitor) there(name string) string {
	return "[...document.querySelectorAll('.members li')].find((e) => e.querySelector('.member-name').textContent === " + quoted(name) + ")?.querySelector('.there:not([hidden])')?.dataset.there"
}

func TestOneSeesWhoIsThereAndWhoWrites(t *testing.T) {
	w := pageTown(t)
	browser := w.browser()
	ann := w.Visitor(browser, "ann", w.Edges[0], desk)
	ben := w.Visitor(browser, "ben", w.Edges[1], phone)
	ann.SignsUp()
	ben.SignsUp()
	room := "Sight " + random(3)
	ann.Makes(room)
	ben.Joins(room)

	ann.Waits("ben here", ann.there(ben.Name)+" === 'here'")
	ben.runs("document.querySelector('.composer textarea').focus()")
	ben.Types("나는 지금")
	// A word of typing may be lost: ben goes on.
	ben.runs("setInterval(() => document.querySelector('.composer textarea')?.dispatchEvent(new Event('input', { bubbles: true })), 2100)")
	ann.Waits("that ben types", "document.querySelector('.typing').textContent === "+quoted(ben.Name+" is typing…"))
	ben.Presses(kb.Enter)
	ann.Reads("나는 지금")
	ann.Waits("that ben types no more", "document.querySelector('.typing').textContent === ''")
	ben.Clicks("[data-do=members]")
	ben.Waits("ann here", ben.there(ann.Name)+" === 'here'")
	ben.Fits()
	ben.IsKorean()

	ben.Clicks(".members-pane .thumb .back")
	ben.Clicks(".composer .back")
	ben.Clicks("[data-do=me]")
	ben.Clicks("[data-logout]")
	ann.Waits("ben gone", ann.there(ben.Name)+" === 'offline'")
	ann.Waits("that it is said in words", "[...document.querySelectorAll('.there[data-there=offline]')].some((e) => e.ariaLabel.startsWith('last seen'))")
}

func TestBothDevicesShowTheSameCountsAndLevels(t *testing.T) {
	w := pageTown(t)
	browser := w.browser()
	cyd := w.Person("cyd")
	name := "Counts " + random(3)
	room := cyd.CreatesNamed(name)
	ann := w.Visitor(browser, "ann", w.Edges[0], desk)
	ann.SignsUp()
	ann.Joins(name)
	ann.Enters("Lobby")
	other := ann.Tab(w.Edges[0])
	other.IsIn("Lobby")

	cyd.Posts(room, "one")
	cyd.Posts(room, "two, @"+ann.Name)
	cyd.Posts(room, "three, @room")
	ann.SeesBadges(name, 3, 2)
	other.SeesBadges(name, 3, 2)
	ann.IsTold(2)
	ann.Clicks("[data-do=bell]")
	ann.Waits("one notification for both", "document.querySelectorAll('.notification').length === 1 && document.querySelector('.note-what').textContent.includes(' 1 time before')")
	ann.Presses(kb.Escape)

	ann.Enters(name)
	ann.Reads("one", "two, @"+ann.Name, "three, @room")
	other.SeesBadges(name, 0, 0)
	other.IsTold(0)

	ann.Clicks("[data-do=about]")
	ann.Clicks("[data-level]")
	ann.Waits("the level by default", "document.querySelector('.levels input:checked')?.value === 'mentions'")
	ann.Clicks(".levels input[value=all]")
	other.Enters(name)
	other.Clicks("[data-do=about]")
	other.Clicks("[data-level]")
	other.Waits("the level chosen elsewhere", "document.querySelector('.levels input:checked')?.value === 'all'")
	other.Presses(kb.Escape)
	ann.Presses(kb.Escape)
	ann.Enters("Lobby")
	other.Enters("Lobby")
	cyd.Posts(room, "four")
	other.IsTold(1)
}

func TestASearchFindsAndOpensAnOldLine(t *testing.T) {
	w := pageTown(t)
	cyd := w.Person("cyd")
	name := "Words " + random(3)
	room := cyd.CreatesNamed(name)
	word := "w" + random(5)
	cyd.Posts(room, "<b>the</b> "+word+"ing 회의 was long ago")
	first := cyd.Posts(room, "what it was about").Seq
	for range 120 {
		cyd.Posts(room, "something else")
	}
	_, err := cyd.Pin(cyd.ctx(), room, first, true)
	cyd.must("pin the first line", err)
	browser := w.browser()
	for _, screen := range []Screen{desk, phone} {
		ann := w.Visitor(browser, "ann", w.Edges[0], screen)
		ann.SignsUp()
		ann.Joins(name)
		ann.PressesWith(chromedp.ModifierCtrl|chromedp.ModifierShift, "F")
		ann.Focuses(".search-panel input[type=search]")
		ann.Types(word + " 회의")
		ann.Waits("what was found", "document.querySelectorAll('.found li').length === 1 && [...document.querySelectorAll('.found mark')].map((e) => e.textContent).join() === "+quoted(word+",회의"))
		ann.Fits()
		ann.Presses(kb.ArrowDown)
		ann.Focuses(".found button")
		ann.Presses(kb.Enter)
		ann.Waits("the line itself, marked, before what was said next", "document.querySelector('.line[aria-current]:has(+ .line) .bubble')?.textContent.includes("+quoted(word)+")")

		ann.Enters("Lobby")
		ann.Enters(name)
		_, err := cyd.Answer(cyd.ctx(), room, chat.NewID(), "an answer", first)
		cyd.must("answer", err)
		ann.Waits("what is answered, though it is not loaded", "[...document.querySelectorAll('.quoted:not([hidden]) span')].at(-1)?.textContent === 'what it was about' && !"+shown+".includes('what it was about')")
		ann.Fits()
		ann.Clicks("[data-do=about]")
		ann.Clicks("dialog [data-pins]")
		ann.Focuses(".found button")
		ann.Fits()
		ann.Presses(kb.Enter)
		ann.Waits("the pinned line itself, marked, before what was said next", "document.querySelector('.line[aria-current]:has(+ .line) .bubble')?.textContent === 'what it was about'")

		if screen == phone {
			ann.Clicks(".composer .back")
		}
		ann.Clicks("[data-do=search]")
		ann.Types("nothing" + word)
		ann.Waits("that nothing was found", "document.querySelectorAll('.found li').length === 0 && document.querySelector('.search-panel .state p')?.textContent.length > 20 && !document.querySelector('.search-panel .state.soon')")
	}
}

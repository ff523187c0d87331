package test

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestTwoPeopleOnTwoEdgesTalkInTheBrowserAndSurviveAnEdgesRestart(t *testing.T) {
	w := pageTown(t)
	browser := w.browser()
	ann := w.Visitor(browser, "ann", w.Edges[0], desk)
	ben := w.Visitor(browser, "ben", w.Edges[1], phone)

	ann.within(30*time.Second, "from opening to the first line", func() {
		ann.SignsUp()
		ann.IsIn("Lobby")
		ann.Says("hello from " + ann.Name)
		ann.Reads("hello from " + ann.Name)
	})
	ben.SignsUp()
	ben.IsIn("Lobby")
	ben.IsKorean()
	ben.Fits()

	room := "Tea " + random(3)
	ann.Makes(room)
	ben.Joins(room)
	ann.Says("first, @" + ben.Name)
	ben.Reads("first, @" + ben.Name)
	ben.Says("두 번째 줄")
	ann.Reads("first, @"+ben.Name, "두 번째 줄")
	ben.Reads("first, @"+ben.Name, "두 번째 줄")
	ben.IsTold(0) // he reads along

	ben.Clicks(".composer .back")
	ann.Says("one more, @" + ben.Name)
	ann.Says("and a last one")
	ben.SeesBadges(room, 2, 1)
	ben.IsTold(1)
	ben.Fits()
	ben.Clicks("[data-do=bell]")
	ben.Waits("the newest notification", "document.querySelector('.notification .note-excerpt')?.textContent === "+quoted("one more, @"+ben.Name))
	ben.Fits()
	ben.Clicks(".notification:first-child button")
	ben.IsIn(room)
	ben.Reads("one more, @"+ben.Name, "and a last one")
	ben.IsTold(0)
	ben.SeesBadges(room, 0, 0)

	w.Edges[0].Kill()
	ann.Says("written while the edge was down")
	ann.Says("and another")
	ann.Waits("the clocks of lines under way", "document.querySelectorAll('.line[data-stage=sending]').length === 2")
	ben.Says("meanwhile, at the other edge")
	ann.SeesTheStrip(true)
	if err := w.Edges[0].Restart(); err != nil {
		t.Fatal(err)
	}
	all := []string{"meanwhile, at the other edge", "written while the edge was down", "and another"}
	ann.Reads(all...)
	ben.Reads(all...)
	ann.SeesTheStrip(false)
	ann.Waits("nothing under way", "document.querySelectorAll('.line:not([data-stage=done])').length === 0")
	ben.Says("good to have you back")
	all = append(all, "good to have you back")
	ann.Reads(all...)
	ben.Reads(all...)
	seeTheSame(t, ann, ben)
}

func TestAPersonCanDoEverythingInThePageWithTheKeyboardAlone(t *testing.T) {
	w := pageTown(t)
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], desk)
	other := w.Person("cyd")
	ann.SignsUp()
	ann.Focuses(".composer textarea")

	ann.TabsTo("[data-do=new]")
	ann.Presses(kb.Enter)
	ann.Focuses("[data-open=direct]")
	ann.TabsTo("[data-open=make]")
	ann.Presses(kb.Enter)
	ann.Focuses(".panel input[name=name]")
	room := "Keys " + random(3)
	ann.Types(room)
	ann.Presses(kb.Enter)
	ann.IsIn(room)

	ann.Focuses(".composer textarea")
	ann.Types("two")
	ann.PressesWith(chromedp.ModifierShift, kb.Enter)
	ann.Types("lines")
	ann.Presses(kb.Enter)
	ann.Reads("two\nlines")

	ann.TabsTo("[data-do=invite]")
	ann.Presses(kb.Enter)
	ann.Focuses(".panel input[name=name]")
	ann.Types(other.Name)
	ann.Presses(kb.Enter)
	ann.Waits("that the invitation went", "!document.querySelector('.panel .done').hidden")
	ann.Presses(kb.Escape)
	ann.Focuses("[data-do=invite]")

	ann.PressesWith(chromedp.ModifierCtrl, "k")
	ann.Focuses("#jump")
	ann.Types("lobb")
	ann.Presses(kb.Enter)
	ann.IsIn("Lobby")

	ann.PressesWith(chromedp.ModifierCtrl, "k")
	ann.Focuses("#jump")
	ann.Presses(kb.ArrowDown)
	ann.Focuses(".rooms li:first-child a")
	ann.Presses(kb.ArrowDown)
	ann.Focuses(".rooms li:nth-child(2) a")
	ann.Presses(kb.ArrowUp, kb.Enter)

	ann.TabsTo("[data-do=bell]")
	ann.Presses(kb.Enter)
	ann.Waits("the panel", "document.querySelector('.bell-panel[open]')")
	ann.Presses(kb.Escape)
	ann.Waits("no panel", "!document.querySelector('dialog')")
	ann.Focuses("[data-do=bell]")
}

func TestAnEnterThatEndsACompositionNeverSends(t *testing.T) {
	w := pageTown(t)
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], desk)
	ann.SignsUp()
	ann.Makes("Korean " + random(3))
	ann.Focuses(".composer textarea")
	enter := func(keyCode int64) {
		ann.do("press Enter", inBrowser(input.DispatchKeyEvent,
			input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: keyCode}))
	}
	ann.do("compose", inBrowser(input.ImeSetComposition, input.ImeSetCompositionParams{Text: "안녕", SelectionStart: 2, SelectionEnd: 2}))
	enter(13) // as most browsers say it: within the composition
	ann.do("end the composition", inBrowser(input.InsertText, input.InsertTextParams{Text: "안녕"}))
	enter(229) // as Safari says it: just after
	ann.Waits("the word, still in the composer", "document.querySelector('.composer textarea').value === '안녕' && !document.querySelector('.line')")
	ann.Presses(kb.Enter)
	ann.Reads("안녕")
}

func TestALogoutInOnePageClosesTheOther(t *testing.T) {
	w := pageTown(t)
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], desk)
	ann.SignsUp()
	tab := ann.Tab(w.Edges[0])
	tab.IsIn("Lobby") // the cookie brought the session along
	ann.Clicks("[data-do=me]")
	ann.Clicks("[data-logout]")
	ann.Focuses("input[name=name]")
	tab.Waits("the log-in form, with a sentence", "document.querySelector('[data-farewell]:not([hidden])')?.textContent.length > 10")
}

func TestWhatOneDeviceReadsOrLeavesTheOthersShow(t *testing.T) {
	w := pageTown(t)
	cyd := w.Person("cyd")
	name := "Devices " + random(3)
	room := cyd.CreatesNamed(name)
	browser := w.browser()
	ann := w.Visitor(browser, "ann", w.Edges[0], desk)
	ann.SignsUp()
	ann.Joins(name)
	devices := []*Visitor{ann, w.Visitor(browser, "ann", w.Edges[1], phone)}
	devices[1].LogsIn(ann.Name)
	for _, v := range devices {
		v.Enters("Lobby")
	}

	cyd.Posts(room, "look, @"+ann.Name)
	cyd.Posts(room, "no hurry")
	direct, err := cyd.Direct(cyd.ctx(), ann.Name)
	cyd.must("open a direct room", err)
	cyd.Posts(direct.ID, "psst")
	for _, v := range devices {
		v.SeesBadges(name, 2, 1)
		v.SeesBadges(cyd.Name, 1, 0) // a room that they did not know of
		v.IsTold(2)
	}

	ann.Enters(name)
	for _, v := range devices {
		v.SeesBadges(name, 0, 0)
		v.IsTold(1)
	}
	devices[1].Clicks(".composer .back")
	devices[1].Clicks("[data-do=bell]")
	devices[1].Clicks("[data-all]")
	for _, v := range devices {
		v.IsTold(0)
	}

	ann.Clicks("[data-do=about]")
	ann.Clicks("[data-leave]")
	ann.Clicks(".panel .primary")
	for _, v := range devices {
		v.Waits("the room gone from the list", "![...document.querySelectorAll('.room-title')].some((e) => e.textContent === "+quoted(name)+")")
	}
}

func TestAReloadBringsBackTheRoomTheDraftAndTheLanguage(t *testing.T) {
	w := pageTown(t)
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], desk)
	ann.SignsUp()
	room := "Draft " + random(3)
	ann.Makes(room)
	ann.Focuses(".composer textarea")
	ann.Types("not yet sent")
	ann.Clicks("[data-do=me]")
	ann.Clicks("input[name=lang][value=ko]")
	ann.Presses(kb.Escape)
	ann.IsKorean()
	ann.do("reload", chromedp.Reload())
	ann.IsIn(room)
	ann.Waits("the draft", "document.querySelector('.composer textarea').value === 'not yet sent'")
	ann.IsKorean()
}

package test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/natter-chat/natter/chat"
)

func TestWhoLooksAfterARoomMutesRemovesAndBansInThePage(t *testing.T) {
	w := pageTown(t)
	browser := w.browser()
	ann := w.Visitor(browser, "ann", w.Edges[0], desk)
	ann.SignsUp()
	name := "Order " + random(3)
	ann.Makes(name)
	ben := w.Visitor(browser, "ben", w.Edges[1], phone)
	ben.SignsUp()
	ben.Joins(name)
	ben.Says("hello")
	ann.Reads("hello")

	ann.Tends(ben.Name, "tend.mute")
	ann.Answers()
	ben.Waits("a sentence in place of the field", "document.querySelector('.hush:not([hidden])')?.textContent.length > 10 && document.querySelector('.composer textarea').hidden")
	ben.Happens("글쓰기를 막았어요")
	ben.Fits()
	ben.IsKorean()
	ann.Happens("You muted " + ben.Name)
	ann.Tends(ben.Name, "tend.unmute")
	ann.Answers()
	ben.Waits("the field", "!document.querySelector('.composer textarea').hidden")
	ben.Says("thank you")
	ann.Reads("hello", "thank you")

	ann.Tends(ben.Name, "tend.promote")
	ann.Answers()
	ben.Happens("운영자 역할을 줬어요")
	ben.Clicks("[data-do=about]")
	ben.Waits("what moderators can change", "document.querySelector('dialog form:not([hidden])')?.elements.capacity.disabled")
	ben.Fits()
	ben.IsKorean()
	ben.Fills("dialog input[name=topic]", "차와 이야기")
	ben.Presses(kb.Enter)
	ann.Waits("the topic", "document.querySelector('.topic').textContent === '차와 이야기'")
	ann.Happens(ben.Name + " changed the topic: 차와 이야기")
	ben.Presses(kb.Escape)

	ann.Tends(ben.Name, "tend.remove")
	ann.Types("too loud")
	ann.Answers()
	ben.Waits("why the room is closed", "document.querySelector('[data-no-room]').textContent.includes('내보내졌어요. 이유: too loud')")
	ann.Happens("You removed " + ben.Name + ". Reason: too loud")
	ben.Clicks("[data-no-room] button")
	ben.Joins(name)
	ann.Tends(ben.Name, "tend.ban")
	ann.Fits()
	ann.Types("louder still")
	ann.Answers()
	ben.Waits("why the room is closed, and until when", "/까지 차단되었어요. 이유: louder still/.test(document.querySelector('[data-no-room]').textContent)")
	ben.Fits()
	ben.Clicks("[data-no-room] button")
	ben.Finds(name)
	ben.Clicks(".public button")
	ben.Waits("that one cannot come in, until when and why", "/까지 이 대화방에서 차단되어 .* 이유: louder still/.test(document.querySelector('dialog .state').textContent)")
	ben.Fits()
	ben.Presses(kb.Escape)
	ann.Clicks("[data-do=about]")
	ann.Clicks("[data-open=bans]")
	ann.SeesThing(ben.Name)
	ann.ClicksThing(ben.Name, false)
	ann.Waits("nobody banned", "!document.querySelector('.thing')")
	ann.Presses(kb.Escape)
	ben.Joins(name)
	ben.Says("back again")
	ann.Reads("hello", "thank you", "back again")
}

func TestALinkLeadsAStrangerIntoAPrivateRoomAndIsOutOfTheAddress(t *testing.T) {
	w := pageTown(t)
	browser := w.browser()
	ann := w.Visitor(browser, "ann", w.Edges[0], desk)
	ann.SignsUp()
	name := "Secret " + random(3)
	ann.Clicks("[data-do=new]")
	ann.Clicks("[data-open=make]")
	ann.Focuses(".panel input[name=name]")
	ann.Types(name)
	ann.runs("document.querySelector('.panel input[value=private]').click()")
	ann.Clicks(".panel .primary")
	ann.IsIn(name)
	ann.Clicks("[data-do=about]")
	ann.Clicks("[data-open=links]")
	ann.Clicks("[data-top]")
	ann.Focuses("input[name=uses]")
	ann.Presses(kb.Enter)
	ann.Waits("the link", "document.querySelector('[data-secret]:not([hidden]) input')?.value.includes('/#/join/')")
	link := ask[string](ann, "document.querySelector('[data-secret] input').value")
	ann.Fits()
	ann.Clicks("[data-back]")
	ann.SeesThing("For 1 more person")

	ben := w.Visitor(browser, "ben", w.Edges[1], phone)
	fragment := link[len(w.Edges[0].URL)+2:]
	ben.OpensWith(w.Edges[1], fragment)
	ben.Waits("a sentence, and an address without the link", "document.querySelector('[data-farewell]:not([hidden])')?.textContent.includes('초대') && location.hash === ''")
	ben.Fits()
	ben.IsKorean()
	ben.SignsUp()
	ben.Clicks("dialog .primary")
	ben.IsIn(name)
	ben.Says("here I am")
	ann.Presses(kb.Escape)
	ann.Reads("here I am")

	cyd := w.Visitor(browser, "cyd", w.Edges[0], desk)
	cyd.SignsUp()
	cyd.runs("location.hash = " + quoted(fragment))
	cyd.Clicks("dialog .primary")
	cyd.Waits("that it is used up", "document.querySelector('dialog .error:not([hidden])')?.textContent.includes('link')")
}

func TestWhereOneMayNotWriteThePageSaysWhyAndASlowRoomsLinesGoByThemselves(t *testing.T) {
	w := pageTown(t)
	cyd := w.Person("cyd")
	news, slow := "News "+random(3), "Slow "+random(3)
	room, err := cyd.CreateRoom(cyd.ctx(), chat.Announcement, news, chat.NewID())
	cyd.must("make an announcement room", err)
	cyd.Posts(room.ID, "read all about it")
	browser := w.browser()
	ann := w.Visitor(browser, "ann", w.Edges[0], phone)
	ann.SignsUp()
	ann.Joins(news)
	ann.Reads("read all about it")
	ann.Waits("a sentence in place of the field", "document.querySelector('.hush:not([hidden])')?.textContent.includes('운영자만') && document.querySelector('.composer textarea').hidden")
	ann.Fits()
	ann.IsKorean()

	ann.Clicks(".composer .back")
	ann.Makes(slow)
	ann.Clicks("[data-do=about]")
	ann.Waits("slow mode to choose", "document.querySelector('dialog select[name=slow]')?.options.length > 3")
	ann.runs("document.querySelector('dialog select[name=slow]').value = '10'")
	ann.Clicks("dialog .primary")
	ann.Waits("that it is saved", "!document.querySelector('dialog .done').hidden")
	ann.Presses(kb.Escape)
	ben := w.Visitor(browser, "ben", w.Edges[1], desk)
	ben.SignsUp()
	ben.Joins(slow)
	ben.SaysAtOnce("one", "two")
	ben.Waits("the seconds to wait", "document.querySelector('.line .trouble:not([hidden]) span')?.textContent.includes('Slow mode')")
	ben.Fits()
	ben.Reads("one", "two")
	ann.Reads("one", "two")
}

// Tends opens what one can do about a member, and chooses.
func (v *Visitor) Tends(name, what string) {
	v.t.Helper()
	more := "[...document.querySelectorAll('.member')].find((e) => e.querySelector('.member-name').textContent === " + quoted(name) + ")?.querySelector('[data-tend]:not([hidden])')"
	v.Waits("what to do about "+name, more)
	v.runs(more + ".click()")
	v.Clicks("[data-choice='" + what + "']")
	v.Waits("a question", "document.querySelector('dialog[open] form .primary')")
}

// Answers says yes to the question that is open.
func (v *Visitor) Answers() {
	v.t.Helper()
	v.Clicks("dialog[open] form .primary")
	v.Waits("the question answered", "!document.querySelector('dialog[open]')")
}

// Happens waits for a line that says what happened in the room.
func (v *Visitor) Happens(text string) {
	v.t.Helper()
	v.Waits(text, "[...document.querySelectorAll('.happening')].some((e) => e.textContent.includes("+quoted(text)+"))")
}

package test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func TestAChangedPasswordLogsTheOtherDevicesOutWithASentence(t *testing.T) {
	w := pageTown(t)
	browser := w.browser()
	ann := w.Visitor(browser, "ann", w.Edges[0], desk)
	ann.SignsUp()
	other := w.Visitor(browser, "ann", w.Edges[1], desk)
	other.LogsIn(ann.Name)
	ann.LooksAt("password")
	ann.Fills("input[name=old_password]", "not the password")
	ann.Presses(kb.Tab, kb.Tab)
	ann.Focuses("input[name=password]")
	ann.Types("a new one, much longer")
	ann.Presses(kb.Enter)
	ann.IsToldBeside("old_password")
	ann.Fills("input[name=old_password]", password)
	ann.Presses(kb.Enter)
	ann.Waits("that it is done", "document.querySelector('dialog .done:not([hidden])')")
	other.IsOut("password was changed")
	ann.Presses(kb.Escape)
	ann.Says("I am still here")
	ann.Reads("I am still here")
}

func TestAnotherDeviceIsLoggedOutFromTheListAndItsUnsentLinesAreNeverAnybodyElses(t *testing.T) {
	w := pageTown(t)
	browser := w.browser()
	ann := w.Visitor(browser, "ann", w.Edges[0], phone)
	ann.SignsUp()
	other := w.Visitor(browser, "ann", w.Edges[1], desk)
	other.LogsIn(ann.Name)
	other.Enters("Lobby")

	w.Edges[1].Kill()
	line := "unsent " + random(3)
	other.Says(line)
	other.Waits("the line under way", "document.querySelector('.line[data-stage=sending]')")
	ann.LooksAt("devices")
	ann.Waits("both devices", "document.querySelectorAll('.thing').length === 2 && document.querySelectorAll('.thing button').length === 1")
	ann.Fits()
	ann.IsKorean()
	ann.runs("document.querySelector('.thing button').click()")
	ann.Waits("one device", "document.querySelectorAll('.thing').length === 1")
	if err := w.Edges[1].Restart(); err != nil {
		t.Fatal(err)
	}
	other.IsOut("logged out")

	ben := w.Person("ben")
	other.LogsInWith(ben.Name, password)
	other.IsIn("Lobby")
	if ask[bool](other, shown+".includes("+quoted(line)+") || document.querySelector('.line[data-stage=sending]') !== null") {
		t.Error("somebody else's line was sent, or is being sent")
	}
	other.Clicks("[data-do=me]")
	other.Clicks("[data-logout]")
	other.LogsIn(ann.Name)
	other.Enters("Lobby")
	other.Waits("the line, sent", shown+".includes("+quoted(line)+")")
}

func TestALoginFromElsewhereThatIsEndedSaysThatItWasAnotherDevice(t *testing.T) {
	w := pageTown(t)
	browser := w.browser()
	ann := w.Visitor(browser, "ann", w.Edges[0], desk)
	ann.SignsUp()
	others := []*Visitor{w.Visitor(browser, "ann", w.Edges[1], desk), w.Visitor(browser, "ann", w.Edges[0], desk)}
	for _, v := range others {
		v.LogsIn(ann.Name)
	}
	ann.LooksAt("devices")
	ann.Waits("all devices", "document.querySelectorAll('.thing').length === 3")
	ann.Clicks("[data-top]")
	ann.Confirms()
	ann.Waits("one device", "document.querySelectorAll('.thing').length === 1")
	for _, v := range others {
		v.IsOut("from another device")
	}
	ann.Presses(kb.Escape)
	ann.LooksAt("security")
	ann.SeesThing("A device was logged out")
	ann.SeesThing("From another device")
	ann.SeesThing("Signed up")
}

func TestATokenIsShownOnceAndWorksUntilItIsRevoked(t *testing.T) {
	w := pageTown(t)
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], phone)
	ann.SignsUp()
	ann.LooksAt("programs")
	ann.Clicks("[data-top]")
	ann.Focuses("input[name=name]")
	ann.Types("my script")
	ann.Fits()
	ann.IsKorean()
	ann.runs("document.querySelector('input[name=read]').click()")
	ann.Fills("dialog input[name=password]", "not the password")
	ann.Presses(kb.Enter)
	ann.IsToldBeside("read")
	ann.runs("document.querySelector('input[name=read]').click()")
	ann.Clicks("dialog .primary")
	ann.IsToldBeside("password")
	ann.Fits()
	ann.Fills("dialog input[name=password]", password)
	ann.Clicks("dialog .primary")
	ann.Waits("the token", "document.querySelector('[data-secret]:not([hidden]) input')?.value.startsWith('natter_pat_')")
	ann.Fits()
	ann.IsKorean()
	token := ask[string](ann, "document.querySelector('[data-secret] input').value")
	if status := w.status("/api/rooms", token); status != 200 {
		t.Errorf("the token gets %d", status)
	}
	ann.Clicks("[data-back]")
	ann.SeesThing("my script")
	if ask[bool](ann, "document.documentElement.outerHTML.includes("+quoted(token)+") || [...document.querySelectorAll('input')].some((e) => e.value === "+quoted(token)+") || JSON.stringify([localStorage, sessionStorage]).includes("+quoted(token)+")") {
		t.Error("the token is still somewhere in the page")
	}
	ann.ClicksThing("my script", true)
	ann.Waits("no token", "document.querySelectorAll('.thing').length === 0")
	if status := w.status("/api/rooms", token); status != 401 {
		t.Errorf("the revoked token gets %d", status)
	}
}

func TestAnAddressIsChangedByACodeToTheNewOne(t *testing.T) {
	w := pageTown(t)
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], phone)
	ann.SignsUp()
	ann.LooksAt("email")
	address := "new-" + strings.ToLower(ann.Email())
	ann.Fills("dialog input[name=email]", address)
	ann.Fills("dialog input[name=password]", password)
	ann.Presses(kb.Enter)
	ann.Focuses("dialog input[name=code]")
	ann.Fits()
	ann.IsKorean()
	ann.Types(w.Code(address))
	ann.Presses(kb.Enter)
	ann.Waits("that it is done", "document.querySelector('dialog > .done:not([hidden])')")
	ann.Clicks("[data-back]")
	ann.Waits("the new address", "document.querySelector('[data-email]').textContent === "+quoted(address))
}

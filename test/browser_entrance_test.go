package test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestSignUpAsksForTheCodeFromTheMailAndSaysWhatIsWrongBesideTheField(t *testing.T) {
	w := pageTown(t)
	taken := w.Person("taken")
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], phone)
	ann.Focuses("input[name=name]")
	ann.Types(taken.Name)
	ann.Presses(kb.Tab, kb.Tab)
	ann.Types(password)
	ann.Presses(kb.Enter)
	ann.IsToldBeside("email") // none was given
	ann.Types("no address")
	ann.Presses(kb.Enter)
	ann.IsToldBeside("email")
	ann.Fills("input[name=email]", ann.Email())
	ann.Presses(kb.Enter)
	ann.Focuses("input[name=code]")
	ann.Fits()
	ann.IsKorean()

	code := w.Code(ann.Email())
	ann.Types(wrong(code))
	ann.Presses(kb.Enter)
	ann.IsToldBeside("code")
	ann.do("reload", chromedp.Reload()) // as phones do while one looks for the mail
	ann.Focuses("input[name=code]")
	ann.Types(code[:4] + " - " + code[4:]) // as mails and people write it
	ann.Presses(kb.Enter)
	ann.IsToldBeside("name")
	ann.Fits()
	ann.IsKorean()
	ann.Types(ann.Name)
	ann.Presses(kb.Enter)
	ann.IsIn("Lobby")
}

func TestAWrongAddressIsMendedWithoutFillingInAnythingElseAgain(t *testing.T) {
	w := pageTown(t)
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], desk)
	right := ann.Email()
	ann.Name += "x"
	ann.AsksForAnAccount()
	ann.Waits("the countdown", "document.querySelector('[data-resend][aria-disabled=true]')")
	ann.Clicks("[data-wrong]")
	ann.Fills("input[name=email]", right)
	ann.Presses(kb.Enter)
	ann.Waits("the other address", "document.querySelector('[data-sent]')?.textContent.includes("+quoted(right)+")")
	ann.Fills("input[name=code]", w.Code(right))
	ann.Presses(kb.Enter)
	ann.IsIn("Lobby")
}

func TestAForgottenPasswordIsReplacedThroughTheMail(t *testing.T) {
	w := pageTown(t)
	browser := w.browser()
	ann := w.Visitor(browser, "ann", w.Edges[0], desk)
	ann.SignsUp()
	other := w.Visitor(browser, "ann", w.Edges[1], phone)
	other.LogsInWith(ann.Name, "not the password")
	other.IsToldBeside("password")
	other.IsKorean()
	other.Clicks("[data-to=forgot]")
	other.Fills("input[name=email]", ann.Email())
	last := w.Code(ann.Email())
	other.Presses(kb.Enter)
	other.Focuses("input[name=code]")
	other.Types(w.AnotherCode(ann.Email(), last))
	other.Presses(kb.Tab)
	other.Types("a new one, much longer")
	other.Fits()
	other.IsKorean()
	other.Presses(kb.Enter)
	other.Waits("the rooms", "document.querySelector('.rooms a')")
	ann.IsOut("password was changed")
	ann.LogsInWith(ann.Email(), "a new one, much longer") // the address does, too
	ann.IsIn("Lobby")
}

func TestAPasswordCanBeSeenAndIsHiddenAgainWhenItIsSent(t *testing.T) {
	w := pageTown(t)
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], desk)
	ann.GoesToLogIn()
	ann.Fills("input[name=name]", ann.Name)
	ann.Fills("input[name=password]", "something")
	ann.TabsTo("[data-reveal]")
	ann.Presses(kb.Enter)
	ann.Waits("the password", "document.querySelector('input[name=password]').type === 'text' && document.querySelector('[data-reveal]').ariaPressed === 'true'")
	ann.Clicks(".primary")
	ann.IsToldBeside("password")
	ann.Waits("no password", "document.querySelector('input[name=password]').type === 'password'")
}

func TestFromOpeningToTheFirstLineTakesLessThanThirtySeconds(t *testing.T) {
	w := pageTown(t)
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], phone)
	ann.within(30*time.Second, "from opening to the first line", func() {
		ann.SignsUp()
		ann.IsIn("Lobby")
		ann.Says("hello from " + ann.Name)
		ann.Reads("hello from " + ann.Name)
	})
}

// wrong returns a code that is another.
func wrong(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

package test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func TestWhoLooksAfterOthersShutsThemOutChangesRolesAndInvites(t *testing.T) {
	w := ownTown(t)
	gate, err := w.AddEdge(map[string]string{"NATTER_SIGNUP": "invitation"})
	if err != nil {
		t.Fatal(err)
	}
	browser := w.browser()
	ann := w.Visitor(browser, "ann", gate, desk)
	ann.SignsUp() // the first person may, and is the owner
	ann.LooksAt("invitations")
	ann.Clicks("[data-top]")
	ann.Focuses("input[name=uses]")
	ann.Presses(kb.Enter)
	ann.Waits("the link", "document.querySelector('[data-secret]:not([hidden]) input')?.value.includes('#invitation=')")
	link := ask[string](ann, "document.querySelector('[data-secret] input').value")
	ann.Clicks("[data-back]")
	ann.SeesThing("1 can still sign up")

	ben := w.Visitor(browser, "ben", gate, phone)
	ben.Focuses("input[name=name]") // strangers see the form for those who have an account
	ben.Clicks("[data-to=signup]")
	ben.Waits("a field for the link", "!document.querySelector('[data-field=invitation]').hidden")
	ben.OpensWith(gate, link[len(gate.URL)+2:])
	ben.Waits("the invitation taken in, and out of the address", "document.querySelector('[data-invited]:not([hidden])') && location.hash === ''")
	ben.Fits()
	ben.IsKorean()
	ben.SignsUp()

	ann.Presses(kb.Escape)
	ann.LooksAt("folk")
	ann.SeesThing(ben.Name)
	ann.runs("((e) => { e.value = 'moderator'; e.dispatchEvent(new Event('change')); })(" + thing(ben.Name) + ".querySelector('select'))")
	ann.Confirms()
	ann.Waits("the new role", thing(ben.Name)+".querySelector('select').value === 'moderator'")
	ben.LooksAt("folk")
	ben.SeesThing(ann.Name)
	ben.Fits()
	ben.Waits("nothing to do with an owner", "!"+thing(ann.Name)+".querySelector('button, select')")

	ann.ClicksThing(ben.Name, true)
	ben.IsOut("중지")
	ben.Fits()
	ben.IsKorean()
	ben.LogsInWith(ben.Name, password)
	ben.IsToldBeside("password")
	ann.ClicksThing(ben.Name, true)
	ben.Presses(kb.Enter)
	ben.Waits("the rooms", "document.querySelector('.rooms a')")

	ann.Presses(kb.Escape)
	ann.LooksAt("everybody")
	ann.SeesThing("The account was shut out" + ben.Name + "By " + ann.Name)
}

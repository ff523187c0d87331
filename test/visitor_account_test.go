package test

import (
	"net/http"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/cluster"
)

// AsksForAnAccount fills in the first form with the keyboard alone.
func (v *Visitor) AsksForAnAccount() {
	v.t.Helper()
	v.Focuses("input[name=name]")
	v.Types(v.Name)
	v.Presses(kb.Tab)
	v.Focuses("input[name=email]")
	v.Types(v.Email())
	v.Presses(kb.Tab)
	v.Types(password)
	v.Presses(kb.Enter)
	v.Focuses("input[name=code]")
}

// SignsUp makes an account with the keyboard alone and the code from the mail.
func (v *Visitor) SignsUp() {
	v.t.Helper()
	v.AsksForAnAccount()
	v.Types(v.town.Code(v.Email()))
	v.Presses(kb.Enter)
	v.Waits("a room to write in", "document.querySelector('.composer textarea')?.checkVisibility({ visibilityProperty: true })")
}

// GoesToLogIn changes to the form for those who have an account, if it is not there.
func (v *Visitor) GoesToLogIn() {
	v.t.Helper()
	v.Waits("a way in", "document.querySelector('[data-to]')")
	if ask[bool](v, "document.querySelector('[data-to=login]') !== null") {
		v.Clicks("[data-to=login]")
	}
	v.Focuses("input[name=name]")
}

// LogsIn comes back as somebody who has signed up elsewhere.
func (v *Visitor) LogsIn(name string) {
	v.t.Helper()
	v.Name = name
	v.LogsInWith(name, password)
	v.Waits("the rooms", "document.querySelector('.rooms a')")
}

// LogsInWith fills in the form for those who have an account.
func (v *Visitor) LogsInWith(name, password string) {
	v.t.Helper()
	v.GoesToLogIn()
	v.Fills("input[name=name]", name)
	v.Fills("input[name=password]", password)
	v.Presses(kb.Enter)
}

// Email is the visitor's address.
func (v *Visitor) Email() string { return v.Name + "@example.org" }

// Fills replaces what a field holds.
func (v *Visitor) Fills(selector, text string) {
	v.t.Helper()
	field := "[...document.querySelectorAll(" + quoted(selector) + ")].find((e) => e.checkVisibility({ visibilityProperty: true }))"
	v.Waits("the field "+selector, field)
	v.runs("((e) => { e.focus(); e.select(); })(" + field + ")")
	v.Types(text)
}

// IsToldBeside waits for an error beside a field, which has the focus.
func (v *Visitor) IsToldBeside(field string) {
	v.t.Helper()
	v.Waits("an error beside "+field, `((e) => e?.name === `+quoted(field)+` && document.getElementById(e.getAttribute('aria-describedby'))?.textContent.length > 10)(document.activeElement)`)
}

// IsOut waits for the ways in, with a sentence that says why.
func (v *Visitor) IsOut(why string) {
	v.t.Helper()
	v.Waits("why one is out: "+why, "document.querySelector('[data-farewell]:not([hidden])')?.textContent.includes("+quoted(why)+")")
	v.Waits("the form for those who have an account", "document.querySelector('[data-to=forgot]')")
}

// LooksAt opens one of the places of the settings.
func (v *Visitor) LooksAt(place string) {
	v.t.Helper()
	if ask[bool](v, "document.querySelector('.composer .back').checkVisibility({ visibilityProperty: true }) && document.querySelector('dialog') === null") {
		v.Clicks(".composer .back")
	}
	if !ask[bool](v, "document.querySelector('#me-title') !== null") {
		v.Clicks("[data-do=me]")
	}
	v.Clicks("dialog [data-open=" + place + "]")
}

// thing is an expression: the row of the open list whose title or lines have the text.
func thing(text string) string {
	return "[...document.querySelectorAll('.thing')].find((e) => e.querySelector('.thing-text').textContent.includes(" + quoted(text) + "))"
}

// SeesThing waits for a row of the open list.
func (v *Visitor) SeesThing(text string) {
	v.t.Helper()
	v.Waits("in the list: "+text, thing(text))
}

// ClicksThing presses the button of a row, and says yes when asked.
func (v *Visitor) ClicksThing(text string, asked bool) {
	v.t.Helper()
	v.SeesThing(text)
	v.runs(thing(text) + ".querySelector('button').click()")
	if asked {
		v.Confirms()
	}
}

// Confirms says yes to the question in front.
func (v *Visitor) Confirms() {
	v.t.Helper()
	v.Waits("a question", "document.querySelectorAll('dialog[open]').length === 2")
	v.runs("[...document.querySelectorAll('dialog[open] .primary')].at(-1).click()")
	v.Waits("the question answered", "document.querySelectorAll('dialog[open]').length === 1")
}

// OpensWith opens the page at an edge, with a fragment.
func (v *Visitor) OpensWith(e *cluster.Edge, fragment string) {
	v.t.Helper()
	v.do("open "+e.URL, chromedp.Navigate("about:blank"), chromedp.Navigate(e.URL+"/#"+fragment))
}

// Code waits for the mail to an address and returns the code in it.
func (w *Town) Code(email string) string {
	w.t.Helper()
	code, err := client.New(w.Edges[0].URL).MailedCode(w.t.Context(), email)
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

// AnotherCode waits for a mail with another code than the last one's.
func (w *Town) AnotherCode(email, last string) (code string) {
	w.t.Helper()
	eventually(w.t, deadline, func() error {
		if code = w.Code(email); code == last {
			return errNothingYet
		}
		return nil
	})
	return code
}

// status is what a program with a token gets from an address.
func (w *Town) status(path, token string) int {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.Edges[0].URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

package test

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/natter-chat/natter/test/cluster"
)

// Visitor is somebody in front of a browser. What they press and type goes
// through the browser's own input; what they look for is waited for.
type Visitor struct {
	Name string
	town *Town
	t    *testing.T
	ctx  context.Context

	mu       sync.Mutex
	troubles []string // exceptions, errors on the console and refusals of the page's security policy
}

// Screen is what a visitor sits in front of.
type Screen struct {
	Width, Height int64
	Language      string
	Dark          bool
}

var (
	desk  = Screen{Width: 1280, Height: 800, Language: "en-US"}
	phone = Screen{Width: 360, Height: 700, Language: "ko-KR", Dark: true}
)

// Visitor opens natter's page at an edge, with cookies and storage of their own.
func (w *Town) Visitor(browser context.Context, name string, e *cluster.Edge, s Screen) *Visitor {
	w.t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	v := &Visitor{Name: name + "-" + random(3), town: w, t: w.t, ctx: ctx}
	w.t.Cleanup(func() {
		v.hadNoTrouble()
		cancel()
	})
	v.prepare(s)
	v.Opens(e)
	return v
}

// Tab is another page of the same browser: same cookies, same storage.
func (v *Visitor) Tab(e *cluster.Edge) *Visitor {
	v.t.Helper()
	ctx, cancel := chromedp.NewContext(v.ctx)
	other := &Visitor{Name: v.Name, town: v.town, t: v.t, ctx: ctx}
	v.t.Cleanup(func() {
		other.hadNoTrouble()
		cancel()
	})
	other.prepare(desk)
	other.Opens(e)
	return other
}

func (v *Visitor) prepare(s Screen) {
	v.t.Helper()
	err := chromedp.Do(v.ctx, // the first one opens the page, and must not end with a deadline
		inBrowser(log.Enable, cdp.Empty{}),
		inBrowser(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		inBrowser(emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: strings.ReplaceAll(s.Language, "-", "_")}),
		inBrowser(emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: "natter test", AcceptLanguage: s.Language}),
		s.colours(), chromedp.EmulateViewport(s.Width, s.Height))
	if err == nil {
		err = chromedp.Listen(v.ctx, v.hear)
	}
	if err != nil {
		v.t.Fatalf("%s gets a screen: %v", v.Name, err)
	}
}

// colours makes the browser wish for the screen's colours, and for more.
func (s Screen) colours(more ...*emulation.MediaFeature) chromedp.Action[chromedp.Void] {
	scheme := map[bool]string{true: "dark", false: "light"}[s.Dark]
	return inBrowser(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: append(more, &emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme})})
}

// inBrowser makes an action of a command of the browser's protocol.
func inBrowser[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// hear notes what must not happen in a page.
func (v *Visitor) hear(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		trouble := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			trouble += " " + e.ExceptionDetails.Exception.Description
		}
		v.troubles = append(v.troubles, trouble)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "assert" {
			v.troubles = append(v.troubles, "it says: "+said(e.Args))
		}
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceSecurity || strings.Contains(e.Entry.Text, "Content Security Policy") {
			v.troubles = append(v.troubles, e.Entry.Text)
		}
	}
}

// said joins what a page gave its console.
func said(args []*runtime.RemoteObject) string {
	var all []string
	for _, a := range args {
		all = append(all, cmp.Or(a.Description, string(a.Value)))
	}
	return strings.Join(all, " ")
}

func (v *Visitor) hadNoTrouble() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, trouble := range v.troubles {
		v.t.Errorf("in %s's page: %s", v.Name, trouble)
	}
}

// expectsTrouble says that this trouble was made on purpose.
func (v *Visitor) expectsTrouble(text string) {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	before := len(v.troubles)
	v.troubles = slices.DeleteFunc(v.troubles, func(s string) bool { return strings.Contains(s, text) })
	if len(v.troubles) == before {
		v.t.Errorf("%s's page had no trouble with %s", v.Name, text)
	}
}

// Opens opens the page at an edge.
func (v *Visitor) Opens(e *cluster.Edge) {
	v.t.Helper()
	v.do("open "+e.URL, chromedp.Navigate(e.URL+"/"))
}

func (v *Visitor) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, deadline)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		v.t.Fatalf("%s: %s: %v", v.Name, what, err)
	}
}

// runs runs a script in the page.
func (v *Visitor) runs(script string) {
	v.t.Helper()
	v.do(script, chromedp.Evaluate[chromedp.Void](script))
}

// ask evaluates an expression in the page.
func ask[T any](v *Visitor, expression string) T {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, deadline)
	defer cancel()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		v.t.Fatalf("%s: %s: %v", v.Name, expression, err)
	}
	return answer
}

// awaited evaluates an expression in the page and waits for its promise.
func awaited[T any](v *Visitor, expression string) T {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, deadline)
	defer cancel()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatalf("%s: %s: %v", v.Name, expression[:min(len(expression), 200)], err)
	}
	return answer
}

// quoted is a Go string as JavaScript.
func quoted(s string) string {
	b, _ := json.Marshal(s) // a string always encodes
	return string(b)
}

// Presses presses keys, one after the other.
func (v *Visitor) Presses(keys ...string) {
	v.t.Helper()
	for _, key := range keys {
		v.do("press a key", chromedp.KeyEvent(key))
	}
}

// PressesWith presses a key together with a modifier.
func (v *Visitor) PressesWith(modifier chromedp.Modifier, key string) {
	v.t.Helper()
	v.do("press a key", chromedp.KeyEvent(key, chromedp.KeyModifiers(modifier)))
}

// Types writes a text where the focus is, as an input method would commit it.
func (v *Visitor) Types(text string) {
	v.t.Helper()
	v.do("type", inBrowser(input.InsertText, input.InsertTextParams{Text: text}))
}

// Clicks clicks or taps in the middle of the first element that matches and
// that one can see.
func (v *Visitor) Clicks(selector string) {
	v.t.Helper()
	v.Waits("something to click: "+selector, "[...document.querySelectorAll("+quoted(selector)+")].some((e) => e.checkVisibility({ visibilityProperty: true }))")
	v.runs("[...document.querySelectorAll(" + quoted(selector) + ")].find((e) => e.checkVisibility({ visibilityProperty: true })).click()")
}

// TabsTo moves the focus with Tab until it is on an element that matches.
func (v *Visitor) TabsTo(selector string) {
	v.t.Helper()
	for range 40 {
		if ask[bool](v, "document.activeElement.matches("+quoted(selector)+")") {
			return
		}
		v.Presses(kb.Tab)
	}
	v.t.Fatalf("%s cannot reach %s with Tab", v.Name, selector)
}

// Says writes a line into the open room and sends it.
func (v *Visitor) Says(text string) {
	v.t.Helper()
	v.runs("document.querySelector('.composer textarea').focus()")
	v.Types(text)
	v.Presses(kb.Enter)
}

// SaysAtOnce writes lines and sends them, quicker than anybody types.
func (v *Visitor) SaysAtOnce(texts ...string) {
	v.t.Helper()
	for i, text := range texts {
		texts[i] = quoted(text)
	}
	v.runs(`for (const text of [` + strings.Join(texts, ", ") + `]) {
		const field = document.querySelector('.composer textarea');
		field.value = text;
		field.dispatchEvent(new InputEvent('input', { bubbles: true }));
		field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
	}`)
}

package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Axe knows the rules of WCAG that a program can check. What people say about
// the page it cannot know.
func TestAxeFindsNothingSeriousOnTheMainScreens(t *testing.T) {
	w := pageTown(t)
	cyd := w.Person("cyd")
	name := "Axe " + random(3)
	room := cyd.CreatesNamed(name)
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], desk)
	ann.Focuses("input[name=name]")
	ann.PassesAxe("signing up", phone, desk)
	ann.SignsUp()
	ann.Joins(name)
	for _, text := range []string{"look, @" + ann.Name, "> a quote\nand `code`:\n```\nfunc main() {}\n```", "see https://example.org/ please"} {
		ack := cyd.Posts(room, text)
		_, err := cyd.React(cyd.ctx(), room, ack.Seq, "👍", true)
		cyd.must("react", err)
	}
	ann.Says("mine, @" + cyd.Name)
	ann.Reads("mine, @" + cyd.Name)
	// The driver's Enter types a line break, too, which the page had prevented.
	ann.runs("document.querySelector('.composer textarea').value = ''")
	ann.Focuses(".composer textarea")
	ann.Waits("her line's event, not only its ack", "document.querySelector('.line.own [data-more]:not([hidden])')")
	ann.Presses(kb.ArrowUp)
	ann.Waits("the line to edit", "!document.querySelector('.aim').hidden")
	ann.Types(" indeed")
	ann.Presses(kb.Enter)
	ann.Waits("the edit", "document.querySelector('.edited:not([hidden])')")
	// Every width in both languages and both colours, each pair once.
	for lang, screens := range map[string][3]Screen{"en": {phone.light(), tablet.dark(), desk.light()}, "ko": {phone.dark(), tablet.light(), desk.dark()}} {
		ann.Clicks("[data-do=me]")
		ann.Clicks("input[name=lang][value=" + lang + "]")
		ann.Waits("the language", "document.documentElement.lang === "+quoted(lang))
		ann.PassesAxe("the settings, "+lang, screens[0])
		ann.Presses(kb.Escape)
		ann.PassesAxe("a room, "+lang, screens[:]...)
		ann.Clicks("[data-do=bell]")
		ann.PassesAxe("the bell, "+lang, screens[0])
		ann.Presses(kb.Escape)
		ann.Clicks("[data-do=new]")
		ann.PassesAxe("something new, "+lang, screens[2])
		ann.Clicks("[data-open=make]")
		ann.PassesAxe("a new room, "+lang, screens[0])
		ann.Presses(kb.Escape)
	}
	ann.passesAxeInItsDialogs(cyd)
}

// passesAxeInItsDialogs opens every other dialog, in Korean, as somebody who
// may do everything in a room of their own.
func (v *Visitor) passesAxeInItsDialogs(guest *Person) {
	v.t.Helper()
	screens := []Screen{phone.light(), desk.dark()}
	passes := func(what string) {
		v.t.Helper()
		v.Waits(what, "document.querySelector('dialog[open]')?.checkVisibility() && !document.querySelector('dialog .state.soon:not([hidden])')")
		v.PassesAxe(what, screens[0])
		screens[0], screens[1] = screens[1], screens[0]
	}
	v.Clicks(".edited")
	v.Waits("both texts", "document.querySelectorAll('.thing-said').length === 2")
	passes("what it said before")
	v.Presses(kb.Escape)

	v.Makes("Own " + random(3))
	guest.Joins(ask[string](v, "location.hash.split('/')[2]"))
	v.Says("to be pinned")
	v.Clicks(".line [data-more]")
	passes("a line's menu")
	v.Clicks("[data-all-emoji]")
	v.Waits("emoji", "document.querySelector('.emojis .emoji')")
	passes("emoji")
	v.Presses(kb.Escape)
	v.Clicks(".line [data-more]")
	v.Clicks("[data-choice='line.do.pin']")
	v.Waits("the pin", "document.querySelector('.pinned:not([hidden])')")
	v.Clicks("[data-do=about]")
	passes("about a room")
	v.Clicks("dialog [data-pins]")
	v.Focuses(".found button")
	passes("pinned messages")
	v.Presses(kb.Escape)
	for _, place := range []string{"[data-level]", "[data-open=bans]", "[data-open=links]"} {
		v.Clicks("[data-do=about]")
		v.Clicks("dialog " + place)
		passes(place)
		v.Presses(kb.Escape)
	}
	v.Clicks("[data-tend]")
	passes("a member's menu")
	v.Clicks("[data-choice='tend.ban']")
	passes("a ban")
	v.Presses(kb.Escape)
	v.Clicks("[data-do=search]")
	passes("a search")
	v.Types("pinned")
	v.Waits("what was found", "document.querySelector('.found li mark')")
	passes("what a search found")
	v.Presses(kb.Escape)
	for _, place := range []string{"password", "email", "devices", "programs", "security"} {
		v.LooksAt(place)
		passes(place)
		v.Presses(kb.Escape)
	}
}

// still ends every motion, so that no colour is measured on its way to another.
var still = &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"}

var tablet = Screen{Width: 800, Height: 700, Language: "en-US"}

func (s Screen) light() Screen { s.Dark = false; return s }
func (s Screen) dark() Screen  { s.Dark = true; return s }

// PassesAxe fails the test if axe finds something serious on one of the screens.
func (v *Visitor) PassesAxe(what string, screens ...Screen) {
	v.t.Helper()
	if !ask[bool](v, "typeof axe === 'object'") {
		v.runs(axe(v.t))
	}
	for _, s := range screens {
		v.do("change the screen", s.colours(still), chromedp.EmulateViewport(s.Width, s.Height))
		const serious = `axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.filter((v) => ['serious', 'critical'].includes(v.impact))
			.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.target.join(' ') + ' ' + n.html.slice(0, 150) + ' ' + (n.any[0]?.message ?? n.all[0]?.message ?? ''))))`
		for _, finding := range awaited[[]string](v, serious) {
			v.t.Errorf("%s, %d pixels wide, dark: %v: %s", what, s.Width, s.Dark, finding)
		}
	}
	v.do("take the first screen again", desk.colours(still), chromedp.EmulateViewport(desk.Width, desk.Height))
}

// axe is axe-core, which npm brings.
func axe(t *testing.T) string {
	t.Helper()
	folder := filepath.Join("..", "web")
	file := filepath.Join(folder, "node_modules", "axe-core", "axe.min.js")
	if _, err := os.Stat(file); err != nil {
		cmd := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund", "--silent")
		cmd.Dir = folder
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("run `npm ci` in web: %v\n%s", err, out)
		}
	}
	script, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(script)) + "\n;0"
}

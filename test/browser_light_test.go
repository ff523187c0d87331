package test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"
)

// The law of 80 KB, as a browser sees it: who signs up, reads and writes loads
// what index.html asks for at once, one language, and nothing else.
func TestAFirstVisitLoadsOnlyWhatItNeeds(t *testing.T) {
	w := pageTown(t)
	cyd := w.Person("cyd")
	name := "Light " + random(3)
	room := cyd.CreatesNamed(name)
	cyd.Posts(room, "hello")
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], phone)
	ann.SignsUp()
	ann.IsIn("Lobby")
	ann.Says("hello from " + ann.Name)
	ann.Reads("hello from " + ann.Name)
	ann.Fits()

	type loaded struct {
		Name string `json:"name"`
		Size int    `json:"size"`
	}
	const modules = `performance.getEntriesByType('resource').filter((e) => /\.(js|css)$/.test(e.name)).map((e) => ({ name: new URL(e.name).pathname.slice(1), size: e.encodedBodySize }))`
	asked := preloaded(awaited[string](ann, "fetch('/').then((r) => r.text())"))
	total := 0
	for _, file := range ask[[]loaded](ann, modules) {
		total += file.Size
		if file.Size == 0 || (!slices.Contains(asked, file.Name) && file.Name != "i18n/ko.js") {
			t.Errorf("the visit loaded %s (%d bytes), which it does not need", file.Name, file.Size)
		}
	}
	t.Logf("the visit loaded %d bytes of JavaScript and CSS", total)
	if total > 80_000 || total < 20_000 {
		t.Errorf("the visit loaded %d bytes of JavaScript and CSS; 80 000 are allowed", total)
	}
}

// preloaded lists the files that a page asks for by itself.
func preloaded(html string) (names []string) {
	for _, hit := range regexp.MustCompile(`(?:href|src)="([^"#]+\.(?:js|css))"`).FindAllStringSubmatch(html, -1) {
		names = append(names, strings.TrimPrefix(hit[1], "/"))
	}
	return names
}

func TestAPartThatDoesNotComeSaysSoAndComesWhenItIsAskedForAgain(t *testing.T) {
	w := pageTown(t)
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], phone)
	ann.SignsUp()
	ann.Clicks(".composer .back")
	ann.do("cut the way", inBrowser(network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{{URLPattern: "*://*:*/views/*", Block: true}}}))
	ann.Clicks("[data-do=bell]")
	ann.Waits("a sentence", "document.querySelector('.banner p')?.textContent.length > 10")
	ann.Fits()
	ann.IsKorean()
	ann.do("mend the way", inBrowser(network.SetBlockedURLs, network.SetBlockedURLsParams{}))
	ann.Clicks(".banner .quiet")
	ann.Waits("the panel", "document.querySelector('.bell-panel[open]') && !document.querySelector('.banner')")
	ann.Presses(kb.Escape)
}

func TestAFaultOfThePageIsSaidAndTheRestGoesOn(t *testing.T) {
	w := pageTown(t)
	ann := w.Visitor(w.browser(), "ann", w.Edges[0], phone)
	ann.SignsUp()
	ann.runs("document.querySelector('[data-members-count]').remove()") // which a view looks for
	ann.Says("still here")
	ann.Reads("still here")
	ann.Waits("a sentence", "document.querySelector('.banner p')?.textContent.length > 10")
	ann.Fits()
	ann.IsKorean()
	ann.expectsTrouble("data-members-count")
}

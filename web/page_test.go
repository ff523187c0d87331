package web_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/natter-chat/natter/web"
)

// What the law of 80 KB counts is in docs/decisions/what-a-visit-loads.md;
// test/browser_light_test.go sees a browser load no more than this.
func TestAVisitLoadsLessThanEightyKilobytes(t *testing.T) {
	files := all(t)
	atOnce, _ := modules(t, files)
	visit := small(files["i18n/ko.js"]) // the larger of the languages, of which a visit loads one
	for _, name := range atOnce {
		visit += small(files[name])
	}
	everything := 0
	for name, body := range files {
		switch filepath.Ext(name) {
		case ".css":
			if strings.Contains(string(files["index.html"]), `href="`+name+`"`) {
				visit += small(body)
			}
			fallthrough
		case ".js":
			everything += small(body)
		}
	}
	t.Logf("JavaScript and CSS, compressed file by file: a visit %d bytes, everything %d", visit, everything)
	if visit > 80_000 {
		t.Errorf("a visit loads %d bytes of JavaScript and CSS; 80 000 are allowed", visit)
	}
	if everything > 130_000 {
		t.Errorf("JavaScript and CSS are %d bytes in all; 130 000 are allowed", everything)
	}
}

// small is how many bytes of a file an edge sends to a browser.
func small(body []byte) int {
	var b bytes.Buffer
	w := brotli.NewWriterLevel(&b, 6)
	w.Write(body)
	w.Close()
	return b.Len()
}

func TestThePageRefersToNothingOutsideItself(t *testing.T) {
	url := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9-]+\.[a-z]`)
	for name, body := range all(t) {
		text := strings.ReplaceAll(string(body), `xmlns="http://www.w3.org/2000/svg"`, "") // a name, not an address
		for _, hit := range url.FindAllString(text, -1) {
			t.Errorf("%s refers to %s…", name, hit)
		}
	}
}

func TestThePageHasNothingThatItsSecurityPolicyForbids(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<script(?:[^>]* src=)?[^>]*>[^<]|<style|\sstyle=|\son[a-z]+=|javascript:`)
	risky := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser`)
	for name, body := range all(t) {
		if strings.HasSuffix(name, ".html") && inline.Match(body) {
			t.Errorf("%s has an inline script, handler or style: %q", name, inline.Find(body))
		}
		if risky.Match(body) {
			t.Errorf("%s parses markup or code: %q", name, risky.Find(body))
		}
	}
}

func TestEveryModuleIsReachedAndWhatEveryVisitNeedsComesAtOnce(t *testing.T) {
	files := all(t)
	atOnce, later := modules(t, files)
	for name := range files {
		if strings.HasSuffix(name, ".js") && !slices.Contains(atOnce, name) && !slices.Contains(later, name) {
			t.Errorf("%s is embedded and never imported", name)
		}
	}
	html := string(files["index.html"])
	for _, name := range atOnce {
		preload, script := `<link rel="modulepreload" href="`+name+`">`, `<script type="module" src="`+name+`">`
		if !strings.Contains(html, preload) && !strings.Contains(html, script) {
			t.Errorf("index.html does not preload %s: a slow phone would find it only after its importer", name)
		}
	}
	if got := strings.Count(html, "modulepreload"); got != len(atOnce)-len(entries) {
		t.Errorf("index.html preloads %d modules; a visit needs %d", got, len(atOnce)-len(entries))
	}
}

// entries are the modules that index.html runs.
var entries = []string{"first.js", "app.js"}

var (
	imports  = regexp.MustCompile(`(?m)^import [^;]*?['"]([^'"]+)['"];`)
	dynamics = regexp.MustCompile(`\bimport\(['"]([^'"]+)['"]\)`)
)

// modules returns those that every visit loads, and those that are loaded when
// they are asked for.
func modules(t *testing.T, files map[string][]byte) (atOnce, later []string) {
	t.Helper()
	var walk func(name string, into *[]string)
	walk = func(name string, into *[]string) {
		if slices.Contains(*into, name) || slices.Contains(atOnce, name) {
			return
		}
		*into = append(*into, name)
		if files[name] == nil {
			t.Fatalf("%s is imported and does not exist", name)
		}
		for _, hit := range imports.FindAllSubmatch(files[name], -1) {
			walk(filepath.ToSlash(filepath.Join(filepath.Dir(name), string(hit[1]))), into)
		}
	}
	for _, name := range entries {
		walk(name, &atOnce)
	}
	for todo := slices.Clone(atOnce); len(todo) > 0; {
		name := todo[0]
		before := len(later)
		for _, hit := range dynamics.FindAllSubmatch(files[name], -1) {
			walk(filepath.ToSlash(filepath.Join(filepath.Dir(name), string(hit[1]))), &later)
		}
		todo = append(todo[1:], later[before:]...)
	}
	return atOnce, later
}

func TestWhatIsEmbeddedIsThePageAndNothingElse(t *testing.T) {
	for name := range all(t) {
		if !slices.Contains([]string{".html", ".js", ".css", ".svg"}, filepath.Ext(name)) {
			t.Errorf("%s is embedded", name)
		}
	}
}

// The page's own tests run in node: see test/page.
func TestThePageKeepsItsPromises(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("The page's tests need node 18 or newer. On Debian: apt-get install nodejs")
	}
	tests, err := filepath.Glob(filepath.Join("..", "test", "page", "*.test.mjs"))
	if err != nil || len(tests) == 0 {
		t.Fatalf("no tests of the page were found in test/page: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), node, append([]string{"--test"}, tests...)...)
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// all returns the embedded files by name.
func all(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(web.Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[name], err = fs.ReadFile(web.Files(), name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

package web_test

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/natter-chat/natter/web"
)

func TestThePageWeighsLessThanEightyKilobytes(t *testing.T) {
	total := 0
	for name, body := range all(t) {
		if ext := filepath.Ext(name); ext != ".js" && ext != ".css" {
			continue
		}
		var small bytes.Buffer
		z := gzip.NewWriter(&small)
		if _, err := z.Write(body); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		total += small.Len()
	}
	t.Logf("JavaScript and CSS, compressed file by file: %d bytes", total)
	if total > 80_000 {
		t.Errorf("JavaScript and CSS are %d bytes compressed; 80 000 are allowed", total)
	}
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

func TestEveryModuleIsReachedAndLoadedAtOnce(t *testing.T) {
	files := all(t)
	var modules []string
	imports := regexp.MustCompile(`(?m)^import [^;]*?['"]([^'"]+)['"];`)
	var walk func(name string)
	walk = func(name string) {
		if slices.Contains(modules, name) {
			return
		}
		modules = append(modules, name)
		if files[name] == nil {
			t.Fatalf("%s is imported and does not exist", name)
		}
		for _, hit := range imports.FindAllSubmatch(files[name], -1) {
			walk(filepath.ToSlash(filepath.Join(filepath.Dir(name), string(hit[1]))))
		}
	}
	walk("app.js")
	for name := range files {
		if strings.HasSuffix(name, ".js") && !slices.Contains(modules, name) {
			t.Errorf("%s is embedded and never imported", name)
		}
	}
	html := string(files["index.html"])
	for _, name := range modules[1:] {
		if !strings.Contains(html, `<link rel="modulepreload" href="`+name+`">`) {
			t.Errorf("index.html does not preload %s: a slow phone would find it only after its importer", name)
		}
	}
	if got := strings.Count(html, "modulepreload"); got != len(modules)-1 {
		t.Errorf("index.html preloads %d modules; there are %d", got, len(modules)-1)
	}
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

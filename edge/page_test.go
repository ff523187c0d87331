package edge

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
)

func TestThePageIsServedInTheSmallestFormThatTheBrowserReads(t *testing.T) {
	plain := []byte(strings.Repeat("export const line = 'natter';\n", 100))
	p, err := newPage(fstest.MapFS{"index.html": {Data: []byte("short")}, "app.js": {Data: plain}})
	if err != nil {
		t.Fatal(err)
	}
	for accept, form := range map[string]string{
		"gzip, deflate, br, zstd": "br", "gzip, deflate": "gzip", "br;q=0, gzip;q=1.0": "gzip", "GZIP ; q=0.5": "gzip",
		"": "", "identity": "", "brother, xgzip": "", "br;q=0.0, gzip;q=0": "",
	} {
		r := httptest.NewRequest("GET", "/app.js", nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		if !p.serve(w, r) || w.Header().Get("Content-Encoding") != form || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q gets %v, want the form %q", accept, w.Header(), form)
			continue
		}
		if body := decoded(t, form, w.Body); !bytes.Equal(body, plain) {
			t.Errorf("%q gets %d bytes instead of %d", accept, len(body), len(plain))
		}
	}
}

// decoded takes a compressed form back.
func decoded(t *testing.T, form string, r io.Reader) []byte {
	t.Helper()
	var err error
	switch form {
	case "br":
		r = brotli.NewReader(r)
	case "gzip":
		r, err = gzip.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

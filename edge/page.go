package edge

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"

	"github.com/natter-chat/natter/chat"
)

// page is the page's files, held in memory. Browsers ask every time whether
// theirs is still right, and get 304: nobody runs half of two versions.
type page struct{ files map[string]file }

// file is one file, ready to be sent.
type file struct {
	kind  string
	etag  string
	plain []byte
	coded func() []coded // smaller forms, the smallest first; none where that is not worth it
}

// coded is a compressed form of a file, by the name that HTTP has for it.
type coded struct {
	name string
	body []byte
}

// newPage reads all files. "/" is index.html; nothing else falls back to it.
func newPage(files fs.FS) (*page, error) {
	p := &page{files: map[string]file{}}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || kindOf(name) == "" {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err == nil {
			p.files["/"+name] = newFile(name, body)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	index, ok := p.files["/index.html"]
	if !ok {
		return nil, fs.ErrNotExist
	}
	p.files["/"] = index
	return p, nil
}

// kindOf returns the media type of what the page may consist of. What has
// none, such as a Go file, is not served.
func kindOf(name string) string {
	switch ext := path.Ext(name); ext {
	case ".html", ".css", ".js", ".svg", ".png", ".ico", ".json":
		return mime.TypeByExtension(ext)
	case ".webmanifest":
		return "application/manifest+json"
	default:
		return ""
	}
}

func newFile(name string, body []byte) file {
	sum := sha256.Sum256(body)
	// At its first use, or an edge would start a quarter of a second later.
	forms := sync.OnceValue(func() []coded { return codedForms(body) })
	return file{kind: kindOf(name), etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, plain: body, coded: forms}
}

func codedForms(body []byte) (forms []coded) {
	for _, c := range []coded{{"br", brotlied(body)}, {"gzip", gzipped(body)}} {
		if len(c.body) < len(body)*9/10 {
			forms = append(forms, c)
		}
	}
	return forms
}

// brotlied compresses at quality 6: the first visitor waits for it, and quality
// 11 takes fourteen times as long for 8 % less.
func brotlied(body []byte) []byte {
	var b bytes.Buffer
	w := brotli.NewWriterLevel(&b, 6)
	w.Write(body)
	w.Close()
	return b.Bytes()
}

func gzipped(body []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	w.Write(body)
	w.Close()
	return b.Bytes()
}

// serve answers with the file at the request's path, if there is one.
func (p *page) serve(w http.ResponseWriter, r *http.Request) bool {
	f, ok := p.files[r.URL.Path]
	if !ok {
		return false
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		notAllowed(w, r, []string{http.MethodGet, http.MethodHead})
		return true
	}
	f.serve(w, r)
	return true
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	for _, c := range f.coded() {
		if accepts(r.Header.Get("Accept-Encoding"), c.name) {
			h.Set("Content-Encoding", c.name)
			body = c.body
			break
		}
	}
	h.Set("Content-Type", f.kind)
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

// accepts says whether a client named a coding without refusing it (RFC 9110,
// section 12.5.3). Which of them it likes best does not matter: all can be read.
func accepts(header, coding string) bool {
	for wish := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(wish, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		quality = strings.TrimPrefix(strings.ReplaceAll(strings.ToLower(quality), " ", ""), "q=")
		return strings.Trim(quality, "0.") != "" || quality == ""
	}
	return false
}

// notAllowed answers a method that the address does not know.
func notAllowed(w http.ResponseWriter, r *http.Request, allowed []string) {
	methods := strings.Join(allowed, ", ")
	w.Header().Set("Allow", methods)
	p := newProblem(r.Context(), chat.NotFound, "This address answers to "+methods+".")
	p.Status, p.Title = http.StatusMethodNotAllowed, http.StatusText(http.StatusMethodNotAllowed)
	writeProblem(w, p)
}

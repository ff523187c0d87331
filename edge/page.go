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

	"github.com/natter-chat/natter/chat"
)

// page is the page's files, held in memory. Browsers ask every time whether
// theirs is still right, and get 304: nobody runs half of two versions.
type page struct{ files map[string]file }

// file is one file, ready to be sent.
type file struct {
	kind   string
	etag   string
	plain  []byte
	zipped []byte // nil where it would not be smaller
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
	f := file{kind: kindOf(name), etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, plain: body}
	var zipped bytes.Buffer
	z, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	z.Write(body)
	z.Close()
	if zipped.Len() < len(body)*9/10 {
		f.zipped = zipped.Bytes()
	}
	return f
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
	if f.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.zipped
	}
	h.Set("Content-Type", f.kind)
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

// notAllowed answers a method that the address does not know.
func notAllowed(w http.ResponseWriter, r *http.Request, allowed []string) {
	methods := strings.Join(allowed, ", ")
	w.Header().Set("Allow", methods)
	p := newProblem(r.Context(), chat.NotFound, "This address answers to "+methods+".")
	p.Status, p.Title = http.StatusMethodNotAllowed, http.StatusText(http.StatusMethodNotAllowed)
	writeProblem(w, p)
}

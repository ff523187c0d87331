package mail

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"net"
	"net/http"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS []byte

// Pages are what a mailbox shows, by address: /mail for people, /mail.json for
// programs ([{"to","subject","text","at"}], newest first, of one person with
// ?to=).
func (b *Mailbox) Pages() map[string]http.Handler {
	return map[string]http.Handler{"/mail": b.page(), "/mail.json": b.list(), "/mail.css": style()}
}

func (b *Mailbox) page() http.Handler {
	page := template.Must(template.New("page").Parse(pageHTML))
	return b.guarded(func(w http.ResponseWriter, mails []Kept) error {
		var out bytes.Buffer
		if err := page.Execute(&out, mails); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, err := w.Write(out.Bytes())
		return err
	})
}

func (b *Mailbox) list() http.Handler {
	return b.guarded(func(w http.ResponseWriter, mails []Kept) error {
		w.Header().Set("Content-Type", "application/json")
		return json.NewEncoder(w).Encode(mails)
	})
}

func style() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = w.Write(pageCSS) // who went away needs no style
	})
}

// guarded keeps other people's pages out: a name that an attacker has pointed
// at this machine would make the mailbox theirs to read.
func (b *Mailbox) guarded(show func(http.ResponseWriter, []Kept) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !localName(r.Host) {
			http.Error(w, "The mailbox is shown under this machine's address only, or localhost.", http.StatusForbidden)
			return
		}
		mails, err := b.Mails(r.URL.Query().Get("to"))
		if err == nil {
			err = show(w, mails)
		}
		if err != nil {
			http.Error(w, "The mailbox cannot be read: "+err.Error(), http.StatusInternalServerError)
		}
	})
}

// localName reports whether a request's host is an address, or localhost.
func localName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host == "localhost" || net.ParseIP(host) != nil
}

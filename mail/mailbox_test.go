package mail

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/natter-chat/natter/chat"
)

func openBox(t *testing.T, tell func(chat.Mail)) *Mailbox {
	t.Helper()
	b, err := OpenMailbox(filepath.Join(t.TempDir(), "mail"), tell)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAMailboxKeepsTheNewestMailsForItsOwnerAlone(t *testing.T) {
	var heard []string
	b := openBox(t, func(m chat.Mail) { heard = append(heard, m.Subject) })
	for i := range MailboxHolds + 5 {
		if err := b.Send(t.Context(), chat.Mail{To: fmt.Sprintf("ada%d@example.org", i%2), Subject: fmt.Sprint(i), Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	mails, err := b.Mails("")
	if err != nil || len(mails) != MailboxHolds || mails[0].Subject != "104" || mails[99].Subject != "5" || len(heard) != 105 {
		t.Fatalf("%d mails, %d heard, %v", len(mails), len(heard), err)
	}
	if mails, err := b.Mails("ADA1@example.org"); err != nil || len(mails) != MailboxHolds/2 || mails[0].Subject != "103" {
		t.Errorf("%d mails to one address, %v", len(mails), err)
	}
	if info, err := os.Stat(b.dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v %v", info.Mode(), err)
	}
	files, _ := os.ReadDir(b.dir)
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%s: %v %v", f.Name(), info.Mode(), err)
		}
	}
}

func TestSeveralProcessesMayUseOneMailbox(t *testing.T) {
	one := openBox(t, nil)
	two, err := OpenMailbox(one.dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 300 {
		group.Go(func() {
			if err := []*Mailbox{one, two}[i%2].Send(t.Context(), code); err != nil {
				t.Error(err)
			}
			if _, err := two.Mails(""); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if mails, err := one.Mails(""); err != nil || len(mails) != MailboxHolds {
		t.Errorf("%d mails, %v", len(mails), err)
	}
}

func (b *Mailbox) get(host, path string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	for at, h := range b.Pages() {
		mux.Handle("GET "+at, h)
	}
	r := httptest.NewRequest("GET", "http://"+host+path, nil)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

func TestTheMailboxsPageShowsMarkupAsText(t *testing.T) {
	b := openBox(t, nil)
	if w := b.get("127.0.0.1:8090", "/mail"); w.Code != 200 || !strings.Contains(w.Body.String(), "No mail yet") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if err := b.Send(t.Context(), chat.Mail{To: "ada@example.org", Subject: "<script>alert(1)</script>", Text: "</pre><img src=x onerror=alert(2)>"}); err != nil {
		t.Fatal(err)
	}
	w := b.get("localhost:8090", "/mail")
	text := w.Body.String()
	if w.Code != 200 || strings.Contains(text, "<script") || strings.Contains(text, "<img") || !strings.Contains(text, "&lt;script&gt;alert(1)") || !strings.Contains(text, "DEVELOPMENT") {
		t.Errorf("%d %s", w.Code, text)
	}
	csp := w.Header().Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v", w.Header())
	}
	w = b.get("[::1]:8090", "/mail.json?to=ada@example.org")
	var mails []Kept
	if err := json.Unmarshal(w.Body.Bytes(), &mails); err != nil || len(mails) != 1 || mails[0].To != "ada@example.org" {
		t.Errorf("%v: %s", err, w.Body)
	}
	if w := b.get("127.0.0.1", "/mail.json?to=eve@example.org"); strings.TrimSpace(w.Body.String()) != "[]" {
		t.Errorf("%s", w.Body)
	}
	if w := b.get("127.0.0.1", "/mail.css"); w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// A site whose name is pointed at this machine (DNS rebinding) reads nothing.
func TestTheMailboxIsShownUnderNoOtherName(t *testing.T) {
	b := openBox(t, nil)
	if err := b.Send(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"evil.example:8090", "127.0.0.1.evil.example", "localhost.evil.example:8090"} {
		for _, path := range []string{"/mail", "/mail.json"} {
			if w := b.get(host, path); w.Code != 403 || strings.Contains(w.Body.String(), "12345678") {
				t.Errorf("%s%s: %d %s", host, path, w.Code, w.Body)
			}
		}
	}
}

package mail

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/natter-chat/natter/chat"
)

// office is an SMTP server, and what was handed in there.
type office struct {
	url     string
	roots   *x509.CertPool
	refuse  error         // answered to every recipient
	hang    chan struct{} // not nil: mails are taken when it is closed
	mu      sync.Mutex
	letters []letter
}

type letter struct {
	from, to, user string
	secured        bool
	raw            []byte
}

// opens starts a server: "smtps", "smtp" with STARTTLS, or "plain" without.
func opens(t *testing.T, kind string) *office {
	t.Helper()
	o := &office{}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &visit{office: o, conn: c}, nil }))
	server.Domain, server.ErrorLog = "127.0.0.1", silent{}
	var config *tls.Config
	config, o.roots = certified(t)
	scheme := "smtp"
	listen := func() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
	switch kind {
	case "smtps":
		scheme = "smtps"
		listen = func() (net.Listener, error) { return tls.Listen("tcp", "127.0.0.1:0", config) }
	case "smtp":
		server.TLSConfig = config
	case "plain":
		server.AllowInsecureAuth = true
	}
	l, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()  // it ends with its listener
	t.Cleanup(func() { l.Close(); server.Close(); <-done }) // l too: Serve may not have it yet
	o.url = scheme + "://natter:s3cret@" + l.Addr().String()
	return o
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// certified returns a certificate for 127.0.0.1 that the pool trusts.
func certified(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an office"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(made)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}

// visit is one client's connection.
type visit struct {
	office *office
	conn   *smtp.Conn
	letter letter
}

func (v *visit) AuthMechanisms() []string { return []string{sasl.Plain} }
func (v *visit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "natter" || password != "s3cret" {
			return smtp.ErrAuthFailed
		}
		v.letter.user = user
		return nil
	}), nil
}
func (v *visit) Mail(from string, _ *smtp.MailOptions) error { v.letter.from = from; return nil }
func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error   { v.letter.to = to; return v.office.refuse }
func (v *visit) Data(r io.Reader) (err error) {
	if v.letter.raw, err = io.ReadAll(r); err != nil {
		return err
	}
	if v.office.hang != nil {
		<-v.office.hang
	}
	_, v.letter.secured = v.conn.TLSConnectionState()
	v.office.mu.Lock()
	defer v.office.mu.Unlock()
	v.office.letters = append(v.office.letters, v.letter)
	return nil
}
func (v *visit) Reset()        {}
func (v *visit) Logout() error { return nil }

// sender returns a Sender through the office.
func (o *office) sender(t *testing.T, query string) *Sender {
	t.Helper()
	s, err := Open(o.url+query, "natter <natter@example.org>")
	if err != nil {
		t.Fatal(err)
	}
	s.roots = o.roots
	return s
}

var code = chat.Mail{To: "ada@example.net", Subject: "12345678 is your natter code", Text: "Your code: 12345678\n\n안녕하세요. A line that begins with a dot:\n.\nthe end\n"}

func TestAMailArrivesOverTLSWithItsText(t *testing.T) {
	for _, kind := range []string{"smtp", "smtps"} {
		t.Run(kind, func(t *testing.T) {
			o := opens(t, kind)
			if err := o.sender(t, "").Send(t.Context(), code); err != nil {
				t.Fatal(err)
			}
			if len(o.letters) != 1 {
				t.Fatalf("%d letters arrived", len(o.letters))
			}
			l := o.letters[0]
			if !l.secured || l.user != "natter" || l.from != "natter@example.org" || l.to != code.To {
				t.Errorf("%+v", l)
			}
			m, err := netmail.ReadMessage(bytes.NewReader(l.raw))
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(quotedprintable.NewReader(m.Body))
			if got := strings.ReplaceAll(string(text), "\r\n", "\n"); strings.TrimSpace(got) != strings.TrimSpace(code.Text) {
				t.Errorf("the text is %q", got)
			}
			h := m.Header
			if h.Get("Subject") != code.Subject || h.Get("To") != "<ada@example.net>" || h.Get("From") != `"natter" <natter@example.org>` ||
				h.Get("Auto-Submitted") != "auto-generated" || h.Get("Date") == "" || !strings.HasSuffix(h.Get("Message-Id"), "@example.org>") {
				t.Errorf("%v", h)
			}
		})
	}
}

// Towards another machine nothing goes out before TLS. These servers are on this
// machine, so the URL says that it is required.
func TestWithoutTLSNothingIsSent(t *testing.T) {
	o := opens(t, "plain")
	if err := o.sender(t, "?tls=on").Send(t.Context(), code); err == nil || len(o.letters) != 0 {
		t.Fatalf("%v; %d letters arrived", err, len(o.letters))
	}
	if err := o.sender(t, "").Send(t.Context(), code); err != nil { // this machine
		t.Errorf("to this machine: %v", err)
	}
	for host, plain := range map[string]bool{"smtp://127.0.0.1": true, "smtp://localhost": true, "smtp://[::1]:25": true, "smtp://mail.example.org": false,
		"smtp://127.example.org": false, "smtp://mail.example.org?tls=off": true, "smtp://localhost?tls=on": false, "smtps://localhost": false} {
		if s, err := ParseServer(host); err != nil || s.Plain != plain {
			t.Errorf("%s: %+v, %v", host, s, err)
		}
	}
}

func TestACertificateThatNobodyVouchesForIsRefused(t *testing.T) {
	for _, kind := range []string{"smtp", "smtps"} {
		o := opens(t, kind)
		s := o.sender(t, "")
		s.roots = x509.NewCertPool()
		if err := s.Send(t.Context(), code); err == nil || len(o.letters) != 0 {
			t.Errorf("%s: %v; %d letters arrived", kind, err, len(o.letters))
		}
	}
}

func TestAPasswordShowsInNoError(t *testing.T) {
	o := opens(t, "smtp")
	o.url = strings.ReplaceAll(o.url, "s3cret", "wr0ng")
	err := o.sender(t, "").Send(t.Context(), code)
	if err == nil || strings.Contains(err.Error(), "wr0ng") || strings.Contains(err.Error(), "12345678") {
		t.Errorf("%v", err)
	}
	for _, url := range []string{"smtp://u:wr0ng@", "http://u:wr0ng@x", "smtp://u:wr0ng@x:99999", "smtp://u:wr0ng@x:y", "wr0ng", "smtp://u:wr0ng@x/path", "smtp://x?tls=wr0ng", "smtps://x?tls=off", "smtp://u:wr0ng@x?y=z"} {
		if _, err := ParseServer(url); err == nil || strings.Contains(err.Error(), "wr0ng") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestWhatTheServerWillNeverTakeIsPermanent(t *testing.T) {
	for status, permanent := range map[int]bool{550: true, 450: false} {
		o := opens(t, "smtp")
		o.refuse = &smtp.SMTPError{Code: status, EnhancedCode: smtp.EnhancedCode{status / 100, 1, 1}, Message: "no such person"}
		err := o.sender(t, "").Send(t.Context(), code)
		var p interface{ Permanent() bool }
		if err == nil || (errors.As(err, &p) && p.Permanent()) != permanent {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestNobodysAddressShowsInAnError(t *testing.T) {
	for _, status := range []int{550, 450} {
		o := opens(t, "smtp")
		o.refuse = &smtp.SMTPError{Code: status, EnhancedCode: smtp.EnhancedCode{status / 100, 1, 1}, Message: "no such person: " + code.To}
		err := o.sender(t, "").Send(t.Context(), code)
		if err == nil || strings.Contains(err.Error(), "ada") || !strings.Contains(err.Error(), fmt.Sprint(status)) {
			t.Errorf("%v", err)
		}
	}
}

func TestNoMailHasAnotherHeaderOrRecipient(t *testing.T) {
	o := opens(t, "smtp")
	for _, m := range []chat.Mail{{To: "ada@example.net\r\nBcc: eve@example.net", Subject: "x"}, {To: "ada@example.net, eve@example.net", Subject: "x"},
		{To: "Eve <eve@example.net>", Subject: "x"}, {To: "ada@example.net", Subject: "x\r\nBcc: eve@example.net"}, {To: "ada@example.net", Subject: "x\nBcc: eve@example.net"}} {
		var p interface{ Permanent() bool }
		if err := o.sender(t, "").Send(t.Context(), m); !errors.As(err, &p) || len(o.letters) != 0 {
			t.Errorf("%q: %v; %d letters arrived", m, err, len(o.letters))
		}
	}
	for _, from := range []string{"", "x", "a@b\r\nBcc: eve@example.net", "a@b, c@d"} {
		if _, err := Open(o.url, from); err == nil {
			t.Errorf("from %q", from)
		}
	}
}

func TestAServerThatHangsEndsWithTheContext(t *testing.T) {
	o := opens(t, "smtp")
	o.hang = make(chan struct{})
	defer close(o.hang)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	started := time.Now()
	if err := o.sender(t, "").Send(ctx, code); err == nil || time.Since(started) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(started))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // says nothing at all
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := Open("smtp://"+l.Addr().String(), "natter@example.org")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := s.Send(ctx, code); err == nil || time.Since(started) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(started))
	}
}

func TestManyMailsGoOutAtOnce(t *testing.T) {
	o := opens(t, "smtp")
	s := o.sender(t, "")
	errs := make(chan error, 20)
	for i := range cap(errs) {
		go func() {
			m := code
			m.To = fmt.Sprintf("ada%d@example.net", i)
			errs <- s.Send(t.Context(), m)
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if len(o.letters) != cap(errs) {
		t.Errorf("%d letters", len(o.letters))
	}
}

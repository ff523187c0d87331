package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/natter-chat/natter/chat"
)

// sendWithin bounds one conversation with the server.
const sendWithin = 30 * time.Second

// Sender sends mails through an SMTP server.
type Sender struct {
	server Server
	from   string         // the header, such as natter <natter@example.org>
	roots  *x509.CertPool // nil: the system's
}

// Open returns a Sender through the server at url (see ParseServer), in the name
// of from: an address, or a name and an address in angle brackets. It does not
// connect: a role may start while the server is down.
func Open(url, from string) (*Sender, error) {
	server, err := ParseServer(url)
	if err != nil {
		return nil, err
	}
	if _, err := ParseFrom(from); err != nil {
		return nil, err
	}
	return &Sender{server: server, from: from}, nil
}

// ParseFrom returns the address in from.
func ParseFrom(from string) (string, error) {
	parsed, err := netmail.ParseAddress(from)
	if err != nil || strings.ContainsAny(from, "\r\n") {
		return "", fmt.Errorf("%q is no sender: write natter@example.org or natter <natter@example.org>", from)
	}
	return parsed.Address, nil
}

// Send gives the mail to the server. One that the server will never take is a
// permanent error.
func (s *Sender) Send(ctx context.Context, m chat.Mail) error {
	letter, err := s.compose(m)
	if err != nil {
		return refused{err}
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	line := &line{whole: ctx, server: s.server, config: s.tls()}
	defer line.close()
	client, err := s.client(line)
	if err != nil {
		return fmt.Errorf("prepare a mail: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, letter)
	var why *gomail.SendError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &why) && letter.IsDelivered():
		return nil // only the goodbye failed
	case errors.As(err, &why) && !why.IsTemp() && why.ErrorCode() >= 500:
		return refused{fmt.Errorf("the mail server refused a mail with %d %s", why.ErrorCode(), why.EnhancedStatusCode())}
	case errors.As(err, &why): // its text has the recipient's address, and what the server said
		return fmt.Errorf("send a mail through %s: %s: %d %s", s.server.Host, why.Reason, why.ErrorCode(), why.EnhancedStatusCode())
	}
	return fmt.Errorf("send a mail through %s: %w", s.server.Host, err)
}

// compose makes the letter. What could end a header's line early is refused
// here, whatever the caller has checked.
func (s *Sender) compose(m chat.Mail) (*gomail.Msg, error) {
	if err := chat.CheckEmail(m.To); err != nil {
		return nil, err
	}
	if strings.ContainsAny(m.Subject, "\r\n\x00") || strings.ContainsRune(m.Text, 0) {
		return nil, errors.New("a mail's subject is one line, and its text has no NUL")
	}
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(letter.From(s.from), letter.To(m.To)); err != nil {
		return nil, err
	}
	letter.Subject(m.Subject)
	letter.SetDate()
	address, _ := ParseFrom(s.from)
	letter.SetMessageIDWithValue(chat.NewID() + address[strings.LastIndexByte(address, '@'):])
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's holiday notice answers
	letter.SetBodyString(gomail.TypeTextPlain, m.Text)
	return letter, nil
}

func (s *Sender) client(l *line) (*gomail.Client, error) {
	options := []gomail.Option{gomail.WithPort(s.server.Port), gomail.WithTimeout(sendWithin), gomail.WithTLSConfig(s.tls()),
		gomail.WithDialContextFunc(l.dial), gomail.WithTLSPolicy(s.server.policy())}
	if s.server.Implicit {
		options = append(options, gomail.WithSSL())
	}
	if s.server.User != "" {
		// None of these sends the password over a connection without TLS,
		// except to this machine.
		options = append(options, gomail.WithUsername(s.server.User), gomail.WithPassword(s.server.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5))
	}
	return gomail.NewClient(s.server.Host, options...)
}

func (s *Sender) tls() *tls.Config {
	return &tls.Config{ServerName: s.server.Host, MinVersion: tls.VersionTLS12, RootCAs: s.roots}
}

// line is the connection of one mail. It ends with its context, whatever the
// library is doing with it.
type line struct {
	whole  context.Context // of the conversation; the library's ends with the dialling
	server Server
	config *tls.Config
	conn   net.Conn
	unhook func() bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.conn = conn
	l.unhook = context.AfterFunc(l.whole, func() { conn.Close() })
	if !l.server.Implicit {
		return conn, nil
	}
	secured := tls.Client(conn, l.config)
	return secured, secured.HandshakeContext(ctx)
}

func (l *line) close() {
	if l.conn != nil {
		l.unhook()
		l.conn.Close()
	}
}

// refused is an error that another try will not mend.
type refused struct{ error }

func (r refused) Permanent() bool { return true }
func (r refused) Unwrap() error   { return r.error }

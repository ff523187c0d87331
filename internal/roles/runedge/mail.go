package runedge

import (
	"errors"
	"fmt"
	"net"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/edge"
	"github.com/natter-chat/natter/internal/service"
	"github.com/natter-chat/natter/mail"
)

// MailConfig says where mails go.
type MailConfig struct {
	SMTP    service.URL `env:"NATTER_SMTP" help:"mail server: smtp://user:password@host:port (587; TLS by STARTTLS) or smtps:// (465); ?tls=off sends without TLS"`
	From    string      `env:"NATTER_MAIL_FROM" help:"who mails are from, such as natter <natter@example.org>; required with NATTER_SMTP"`
	Mailbox string      `env:"NATTER_MAILBOX" help:"for development: folder in which mails are kept instead, and shown at the health server's /mail"`
}

// Check reports everything that is wrong with the values.
func (c *MailConfig) Check() error {
	if c.SMTP == "" && c.Mailbox == "" {
		return errors.New("NATTER_SMTP is not set: people sign up with a code that is mailed to them. Name your mail server, or for development set NATTER_MAILBOX to a folder")
	}
	return c.CheckChosen()
}

// CheckChosen is Check for whoever has a mailbox of its own if none is named.
func (c *MailConfig) CheckChosen() error {
	if c.SMTP == "" {
		return nil
	}
	if c.Mailbox != "" {
		return errors.New("NATTER_SMTP and NATTER_MAILBOX are both set: mails go out, or are kept here; choose one")
	}
	_, err := mail.ParseServer(string(c.SMTP))
	if err != nil {
		err = fmt.Errorf("NATTER_SMTP: %w", err)
	}
	if _, from := mail.ParseFrom(c.From); from != nil {
		err = errors.Join(err, fmt.Errorf("NATTER_MAIL_FROM: %w", from))
	}
	return err
}

// open returns what sends mails, and the address at which they are shown if
// that is a mailbox. tell hears of each mail that lands in it.
func (c *MailConfig) open(s *service.Service, tell func(chat.Mail)) (to edge.Mail, shown string, err error) {
	if c.SMTP != "" {
		to, err = mail.Open(string(c.SMTP), c.From)
		return to, "", err
	}
	box, err := mail.OpenMailbox(c.Mailbox, tell)
	if err != nil {
		return nil, "", err
	}
	for at, page := range box.Pages() {
		s.Page(at, page)
	}
	shown = "http://" + visible(s.Ops) + "/mail"
	s.Logger.Warn("DEVELOPMENT: mails are kept in a mailbox and go nowhere else; set NATTER_SMTP", "mailbox", shown)
	return box, shown, nil
}

// visible is a listener's address as a browser on this machine opens it.
func visible(address string) string {
	if host, port, err := net.SplitHostPort(address); err == nil && net.ParseIP(host).IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return address
}

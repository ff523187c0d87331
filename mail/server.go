package mail

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"

	gomail "github.com/wneessen/go-mail"
)

// Server is where mails are handed in.
type Server struct {
	Host           string
	Port           int
	User, Password string
	Implicit       bool // TLS from the first byte (smtps)
	Plain          bool // TLS only if the server offers it
}

// ParseServer reads smtp://user:password@host:port (port 587 by default, TLS by
// STARTTLS) or smtps://… (465, TLS at once). Without TLS nothing is sent, unless
// the host is this machine or the URL ends in ?tls=off. The error does not
// repeat the URL, which may hold a password.
func ParseServer(raw string) (Server, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return Server{}, errors.New("this is no mail server: write smtp://user:password@host:port, or smtps:// for TLS at once")
	}
	s := Server{Host: u.Hostname(), Port: 587, Implicit: u.Scheme == "smtps"}
	if s.Implicit {
		s.Port = 465
	}
	if text := u.Port(); text != "" {
		if s.Port, err = strconv.Atoi(text); err != nil || s.Port < 1 || s.Port > 65535 {
			return Server{}, errors.New("the mail server's port must be a number from 1 to 65535")
		}
	}
	if u.User != nil {
		s.User = u.User.Username()
		s.Password, _ = u.User.Password()
	}
	s.Plain = !s.Implicit && loopback(s.Host)
	for name, values := range u.Query() {
		if name != "tls" || len(values) != 1 || values[0] != "off" && values[0] != "on" || s.Implicit {
			return Server{}, fmt.Errorf("the mail server's URL knows ?tls=on and, with smtp://, ?tls=off; it has %s", name)
		}
		s.Plain = values[0] == "off"
	}
	return s, nil
}

// loopback reports whether host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s Server) policy() gomail.TLSPolicy {
	if s.Plain {
		return gomail.TLSOpportunistic
	}
	return gomail.TLSMandatory
}

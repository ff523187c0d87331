package main

import (
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/internal/service"
)

// progress tells the person at the terminal what happens.
type progress struct{ out io.Writer }

func (p *progress) step(format string, args ...any) {
	fmt.Fprintf(p.out, "  "+format+" ...\n", args...)
}

// open says where natter is, once it can be used.
func (p *progress) open(s *service.Service, folder *local.Folder, listeners []net.Listener, mailbox bool) {
	var b strings.Builder
	b.WriteString("\nnatter is running. Open these in two windows and talk:\n\n")
	for i, l := range listeners {
		fmt.Fprintf(&b, "    edge %d    http://%s\n", i+1, visible(l.Addr()))
	}
	fmt.Fprintf(&b, "\n    health    http://%s/readyz\n", s.Ops)
	fmt.Fprintf(&b, "    metrics   http://%s/metrics\n", s.Ops)
	if mailbox {
		fmt.Fprintf(&b, "    mailbox   http://%s/mail    (development: no mail goes out; see NATTER_SMTP)\n", s.Ops)
	}
	fmt.Fprintf(&b, "    data      %s\n", folder.Dir)
	fmt.Fprintf(&b, "    servers   %s/servers.env\n", folder.Dir)
	b.WriteString("\nCtrl-C stops it; the data stay.\n\n")
	_, _ = io.WriteString(p.out, b.String()) // nobody reads: nobody is told
}

// mail shows a mail that landed in the mailbox. Codes on a terminal are for
// development: with a mail server there is nothing to show.
func (p *progress) mail(m chat.Mail) {
	fmt.Fprintf(p.out, "  DEVELOPMENT mail to %s: %s\n", m.To, m.Subject)
}

// visible is an address that a browser on this machine can open.
func visible(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err == nil && net.ParseIP(host).IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return addr.String()
}

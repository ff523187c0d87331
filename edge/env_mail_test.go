package edge

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
)

// letterbox is where the mails of a test's edges land.
type letterbox struct {
	mu     sync.Mutex
	mails  []chat.Mail
	more   chan struct{}                                // closed and replaced with every mail
	before func(ctx context.Context, m chat.Mail) error // asked about each, if it is set
}

func newLetterbox() *letterbox { return &letterbox{more: make(chan struct{})} }

func (l *letterbox) Send(ctx context.Context, m chat.Mail) error {
	l.mu.Lock()
	before := l.before
	l.mu.Unlock()
	if before != nil {
		if err := before(ctx, m); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mails = append(l.mails, m)
	close(l.more)
	l.more = make(chan struct{})
	return nil
}

// to returns the mails to an address so far, and what is closed when there are
// more.
func (l *letterbox) to(address string) (mails []chat.Mail, more chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.mails {
		if m.To == address {
			mails = append(mails, m)
		}
	}
	return mails, l.more
}

// nth waits for an address's mail with this number, from 1.
func (l *letterbox) nth(t testing.TB, address string, n int) chat.Mail {
	t.Helper()
	late := time.After(patience)
	for {
		mails, more := l.to(address)
		if len(mails) >= n {
			return mails[n-1]
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("%s got %d mails, not %d", address, len(mails), n)
		}
	}
}

// code waits for an address's first mail and returns the code in it.
func (l *letterbox) code(t testing.TB, address string) string {
	t.Helper()
	return codeIn(t, l.nth(t, address, 1))
}

// codeIn returns the code in a mail's subject, which its text has, too.
func codeIn(t testing.TB, m chat.Mail) string {
	t.Helper()
	code := regexp.MustCompile(`\b[0-9]{8}\b`).FindString(m.Subject)
	if code == "" || !strings.Contains(m.Text, code) {
		t.Fatalf("no code in %q: %s", m.Subject, m.Text)
	}
	return code
}

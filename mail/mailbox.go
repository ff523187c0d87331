package mail

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/natter-chat/natter/chat"
)

// MailboxHolds is how many mails a mailbox keeps: the newest.
const MailboxHolds = 100

// Mailbox is a folder that mails land in instead of going out, for development.
// Several processes may use one.
type Mailbox struct {
	dir  string
	tell func(chat.Mail)
}

// Kept is a mail in a mailbox.
type Kept struct {
	chat.Mail
	At time.Time `json:"at"`
}

// OpenMailbox returns the mailbox in dir, which is made if it is missing. tell,
// if it is not nil, hears of each mail that this process puts in.
func OpenMailbox(dir string, tell func(chat.Mail)) (*Mailbox, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the mailbox: %w", err)
	}
	return &Mailbox{dir: dir, tell: tell}, nil
}

// Send keeps the mail, which only this user can read.
func (b *Mailbox) Send(_ context.Context, m chat.Mail) error {
	text, err := json.MarshalIndent(Kept{m, time.Now().UTC()}, "", "  ")
	if err != nil {
		return fmt.Errorf("keep a mail: %w", err)
	}
	// A UUIDv7: names in the order of time.
	path := filepath.Join(b.dir, chat.NewID()+".json")
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep a mail: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil { // whole or not at all
		return fmt.Errorf("keep a mail: %w", err)
	}
	if b.tell != nil {
		b.tell(m)
	}
	return b.forget()
}

// forget removes all but the newest.
func (b *Mailbox) forget() error {
	names, err := b.names()
	if err != nil {
		return err
	}
	for _, name := range names[min(len(names), MailboxHolds):] {
		if err := os.Remove(filepath.Join(b.dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("forget an old mail: %w", err)
		}
	}
	return nil
}

// names lists the files, newest first.
func (b *Mailbox) names() ([]string, error) {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return nil, fmt.Errorf("read the mailbox: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".json") {
			names = append(names, entry.Name())
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(b, a) })
	return names, nil
}

// Mails returns the mails to an address, or all if it is "", newest first.
func (b *Mailbox) Mails(to string) ([]Kept, error) {
	names, err := b.names()
	if err != nil {
		return nil, err
	}
	kept := []Kept{}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(b.dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // forgotten meanwhile
		}
		var m Kept
		if err == nil {
			err = json.Unmarshal(text, &m)
		}
		if err != nil {
			return nil, fmt.Errorf("read the mailbox: %w", err)
		}
		if to == "" || strings.EqualFold(m.To, to) {
			kept = append(kept, m)
		}
	}
	return kept, nil
}

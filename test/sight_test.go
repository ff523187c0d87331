package test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/cluster"
)

// SeesExactly waits until as many messages have come as there are texts, and
// compares: the same ones in the same order.
func (p *Person) SeesExactly(room string, texts []string) {
	p.t.Helper()
	var got []string
	err := p.Live().Journal.Wait(p.ctx(), room, func(r client.Room) bool {
		got = r.Texts
		return len(got) >= len(texts)
	})
	if err != nil || !equal(got, texts) {
		p.t.Fatalf("%s sees %d messages that are not the %d expected ones (%v): %s", p.Name, len(got), len(texts), err, firstDifference(got, texts))
	}
}

// LostSightOf waits until the room's subscription has ended because the person
// left, and fails if the text came nevertheless.
func (p *Person) LostSightOf(room, text string) {
	p.t.Helper()
	err := p.Live().Journal.Wait(p.ctx(), room, func(r client.Room) bool { return r.Ended == "left" })
	p.must("lose sight of the room", err)
	p.NeverSaw(room, text)
}

// NeverSaw fails if a text came that was not for the person.
func (p *Person) NeverSaw(room, text string) {
	p.t.Helper()
	if slices.Contains(p.Live().Journal.Room(room).Texts, text) {
		p.t.Errorf("%s saw %q", p.Name, text)
	}
}

// unread compares the unread counts of rooms.
func (p *Person) unread(want map[string]int) error {
	list, err := p.Rooms(p.ctx())
	if err != nil {
		return err
	}
	got := map[string]int{}
	for _, r := range list.Rooms {
		if _, asked := want[r.ID]; asked {
			got[r.ID] = r.Unread
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("%s has the unread counts %v, want %v", p.Name, got, want)
	}
	return nil
}

func (p *Person) hasUnreadNotifications(want int) error {
	list, err := p.Notifications(p.ctx(), "", 100)
	if err == nil && list.Unread != want {
		err = fmt.Errorf("%s has %d unread notifications, want %d", p.Name, list.Unread, want)
	}
	return err
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("the first different one is number %d, %q instead of %q", i, got[i], want[i])
		}
	}
	return fmt.Sprintf("got %d, want %d", len(got), len(want))
}

func equal(a, b []string) bool { return slices.Equal(a, b) }

func second[T any](_ T, err error) error { return err }

func codeOf(err error) string { return client.CodeOf(err) }
func statusOf(err error) int  { return client.StatusOf(err) }

// eventually polls ok until it returns nil.
func eventually(t *testing.T, within time.Duration, ok func() error) {
	t.Helper()
	cluster.Eventually(t, within, ok)
}

var errNothingYet = errors.New("nothing has happened yet")

package test

import (
	"context"
	"fmt"
	"slices"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/test/client"
)

// Live returns the person's socket, a correct client, connecting it the first
// time. The test fails at its end if natter broke a promise to it.
func (p *Person) Live() *client.Live {
	if p.live == nil {
		ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
		p.live = client.GoLive(ctx, p.Client, p.edges...)
		p.t.Cleanup(func() {
			p.live.Close()
			cancel()
			for _, v := range p.live.Journal.Violations() {
				p.t.Errorf("%s was promised otherwise: %s", p.Name, v)
			}
		})
	}
	return p.live
}

// Follows subscribes to rooms from now on.
func (p *Person) Follows(rooms ...string) {
	p.t.Helper()
	for _, room := range rooms {
		p.must("follow", p.Live().Follow(p.ctx(), room, ""))
	}
}

// FollowsFrom subscribes to a room from a position on.
func (p *Person) FollowsFrom(room, position string) {
	p.t.Helper()
	p.must("follow", p.Live().Follow(p.ctx(), room, position))
}

// Posts says something over the socket and returns its acknowledgement.
func (p *Person) Posts(room, text string) client.Ack {
	p.t.Helper()
	return p.PostsAs(room, chat.NewID(), text)
}

// PostsAs posts with a key of the caller's.
func (p *Person) PostsAs(room, key, text string) client.Ack {
	p.t.Helper()
	ack, err := p.Live().Post(p.ctx(), room, key, text)
	p.must("post", err)
	if ack.Durability != "fsync" {
		p.t.Errorf("%s was acked with durability %q", p.Name, ack.Durability)
	}
	return ack
}

// Sees waits until these texts have come, in this order, nothing between them
// being missing or repeated (the journal checks that).
func (p *Person) Sees(room string, texts ...string) {
	p.t.Helper()
	err := p.Live().Journal.Wait(p.ctx(), room, func(r client.Room) bool {
		return contains(r.Texts, texts)
	})
	if err != nil {
		p.t.Fatalf("%s does not see %q but %q: %v", p.Name, texts, p.Live().Journal.Room(room).Texts, err)
	}
}

// SeesThat waits until an event of the type about somebody has come.
func (p *Person) SeesThat(room string, what events.Type, who *Person) {
	p.t.Helper()
	err := p.Live().Journal.Wait(p.ctx(), room, func(r client.Room) bool {
		return slices.ContainsFunc(r.Events, func(e client.Event) bool { return e.Type == what && e.Actor.ID == who.User().ID })
	})
	p.must(fmt.Sprintf("see that %s: %s", who.Name, what), err)
}

// SeesMarker waits until it is known that somebody has read up to seq.
func (p *Person) SeesMarker(room string, who *Person, seq uint64) {
	p.t.Helper()
	err := p.Live().Journal.Wait(p.ctx(), room, func(r client.Room) bool { return r.Markers[who.User().ID] >= seq })
	p.must(fmt.Sprintf("see that %s has read up to %d", who.Name, seq), err)
}

// SawNoReset fails if natter gave up a position of the room.
func (p *Person) SawNoReset(room string) {
	p.t.Helper()
	if got := p.Live().Journal.Room(room).Resets; len(got) > 0 {
		p.t.Errorf("%s was reset: %v", p.Name, got)
	}
}

// Reads returns the texts of a room's whole history.
func (p *Person) Reads(room string) []string {
	p.t.Helper()
	items, err := p.WholeHistory(p.ctx(), room, 100)
	p.must("read the history", err)
	return texts(items)
}

// Listens opens the person's bell.
func (p *Person) Listens() *client.Stream {
	p.t.Helper()
	if p.bell == nil {
		p.bell = client.NewBell()
		p.t.Cleanup(func() {
			for _, v := range p.bell.Violations() {
				p.t.Errorf("%s was promised otherwise: %s", p.Name, v)
			}
		})
	}
	s, err := p.Listen(p.t.Context(), p.bell)
	p.must("listen", err)
	p.t.Cleanup(s.Cut)
	return s
}

// IsTold waits until the bell has rung n times for notifications of the kind.
func (p *Person) IsTold(kind string, n int) {
	p.t.Helper()
	count := 0
	err := p.bell.Wait(p.ctx(), func(rings []client.Ring) bool {
		count = 0
		for _, r := range rings {
			if data, err := events.DataOf[events.NotifiedData](r.Event); r.Kind == "notification" && err == nil && data.Kind == kind {
				count++
			}
		}
		return count >= n
	})
	if err != nil || count != n {
		p.t.Fatalf("%s was told of %d × %s, want %d: %v", p.Name, count, kind, n, err)
	}
}

// texts returns the messages among a page's items.
func texts(items []chat.Item) []string {
	var all []string
	for _, item := range items {
		ev, err := events.Decode(item.Event)
		if err != nil {
			continue
		}
		if text := client.TextOf(ev); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// contains reports whether want is a subsequence of have.
func contains(have, want []string) bool {
	for _, text := range have {
		if len(want) > 0 && text == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}

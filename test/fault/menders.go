package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

// workshop is a room whose messages are edited, reacted to and deleted. Every
// version of each holds a word of its own, by which it is found wherever it is
// left.
type workshop struct {
	room    string
	menders []*person

	mu     sync.Mutex
	drafts []draft // the newest that are not deleted, as far as is known
}

type draft struct {
	seq    uint64
	author *person
}

const (
	draftWord  = "draft-" // then an id
	draftsKept = 12
)

// settleMenders makes two people who change what they said. The first owns the
// room, and deletes what the other said, too.
func (t *town) settleMenders(ctx context.Context, rng *dice, o options) error {
	for i := range 2 {
		p, err := t.person(ctx, fmt.Sprint("mender-", i), rng)
		if err != nil {
			return err
		}
		if i == 0 {
			room, err := p.CreateRoom(ctx, chat.Public, "workshop", chat.NewID())
			if err != nil {
				return err
			}
			t.shop.room = room.ID
		} else if err := client.Retry(ctx, func() error { return p.Join(ctx, t.shop.room) }); err != nil {
			return fmt.Errorf("%s joins: %w", p.name, err)
		}
		w := &watched{name: p.name, rooms: []string{t.shop.room}}
		if err := t.watch(ctx, p, w, i, true); err != nil {
			return err
		}
		t.lives, t.shop.menders = append(t.lives, w), append(t.shop.menders, p)
		t.fresh(p)
		t.every(400*time.Millisecond, p.rng, func() { t.mend(p, i == 0) })
	}
	return nil
}

// mend does one thing: says something, or changes something that was said.
func (t *town) mend(p *person, owner bool) {
	what := p.rng.IntN(10)
	d, there := t.shop.pick(p.rng, func(d draft) bool { return d.author == p || what == 6 || what == 7 || what > 7 && owner })
	switch {
	case what < 3 || !there:
		t.draft(p)
	case what < 6:
		if t.edit(p, d.seq) {
			t.show(p, d.seq)
		} else {
			t.shop.drop(d.seq)
		}
	case what < 8:
		t.react(p, d.seq, one(p.rng, []string{"👍", "☕"}), p.rng.IntN(3) > 0)
	default:
		t.shop.drop(d.seq)
		if t.delete(p, d.seq) {
			t.show(p, d.seq)
		}
	}
}

func version() string { return draftWord + chat.NewID() }

func (t *town) draft(p *person) {
	key, text := chat.NewID(), p.name+" writes "+version()
	r, err := t.settle(p, laws.Record{Op: laws.Post, Room: t.shop.room, Key: key, Text: text}, func(ctx context.Context, c *client.Client, r *laws.Record) error {
		ack, err := c.Post(ctx, t.shop.room, key, text)
		r.Message, r.Seq = ack.Message, ack.Seq
		return err
	})
	if err != nil {
		t.broken("%s could not write: %v", p.name, err)
		return
	}
	t.shop.add(draft{r.Seq, p})
}

// edit returns false when the message is deleted.
func (t *town) edit(p *person, seq uint64) bool {
	key, text := chat.NewID(), p.name+" corrects "+version()
	return t.amend(p, laws.Record{Op: laws.Edit, Target: seq, Key: key, Text: text}, func(ctx context.Context, c *client.Client) (client.Ack, error) {
		return c.Edit(ctx, t.shop.room, seq, key, text)
	})
}

func (t *town) react(p *person, seq uint64, emoji string, on bool) {
	t.amend(p, laws.Record{Op: laws.React, Target: seq, Key: emoji, Note: map[bool]string{true: "on"}[on]}, func(ctx context.Context, c *client.Client) (client.Ack, error) {
		return c.React(ctx, t.shop.room, seq, emoji, on)
	})
}

func (t *town) delete(p *person, seq uint64) bool {
	return t.amend(p, laws.Record{Op: laws.Delete, Target: seq}, func(ctx context.Context, c *client.Client) (client.Ack, error) {
		return c.Delete(ctx, t.shop.room, seq)
	})
}

// amend changes a message until natter has said yes, or that it is deleted.
func (t *town) amend(p *person, r laws.Record, do func(context.Context, *client.Client) (client.Ack, error)) bool {
	r.Room = t.shop.room
	_, err := t.settle(p, r, func(ctx context.Context, c *client.Client, r *laws.Record) error {
		ack, err := do(ctx, c)
		r.Message, r.Seq = ack.Message, ack.Seq
		return err
	})
	if err != nil && client.CodeOf(err) != string(chat.MessageDeleted) {
		t.broken("%s could not %s message %d: %v", p.name, r.Op, r.Target, err)
	}
	return err == nil
}

// show reads a message at any edge.
func (t *town) show(p *person, seq uint64) {
	_ = t.asked(p, laws.Record{Op: laws.Show, Room: t.shop.room, Target: seq}, func(ctx context.Context, c *client.Client, r *laws.Record) error {
		item, err := c.Message(ctx, t.shop.room, seq)
		if err != nil {
			return err
		}
		r.Text, err = wordsOf(item)
		return err
	})
}

// wordsOf returns what an item of history says; "" of a message that was deleted.
func wordsOf(item chat.Item) (string, error) {
	ev, err := events.Decode(item.Event)
	if err != nil || ev.Type != events.MessagePosted {
		return "", err
	}
	return client.TextOf(ev), nil
}

func (s *workshop) add(d draft) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drafts = append(s.drafts, d)
	s.drafts = s.drafts[max(0, len(s.drafts)-draftsKept):]
}

func (s *workshop) drop(seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, d := range s.drafts {
		if d.seq == seq {
			s.drafts = append(s.drafts[:i:i], s.drafts[i+1:]...)
			return
		}
	}
}

// pick returns any draft that will do.
func (s *workshop) pick(rng *dice, will func(draft) bool) (d draft, there bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var some []draft
	for _, d := range s.drafts {
		if will(d) {
			some = append(some, d)
		}
	}
	if len(some) == 0 {
		return d, false
	}
	return one(rng, some), true
}

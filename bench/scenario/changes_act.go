package scenario

import (
	"context"
	"sync"
	"time"

	"github.com/natter-chat/natter/bench/load"
	"github.com/natter-chat/natter/chat"
)

// said is what one person has posted: the first message is edited and reacted to,
// the others are deleted.
type said struct {
	mu      sync.Mutex
	first   uint64
	drop    []uint64
	reacted int // to the first, in turn
}

// act does one thing by the next person.
func (c *changes) act(ctx context.Context, kind string, n uint64, due load.Due, moving *sync.WaitGroup) {
	i := int(n*step) % len(c.people)
	room, conn, own := c.rooms[i*len(c.rooms)/len(c.people)], c.conns[i], &c.said[i]
	own.mu.Lock()
	defer own.mu.Unlock()
	switch {
	case kind == "move":
		moving.Go(func() { c.move(ctx, int(n), due) })
	case kind == "edit" && own.first > 0:
		conn.Edit(n, room, own.first, chat.NewID(), c.size, due)
	case kind == "react" && own.first > 0 && own.reacted < len(emoji):
		conn.React(n, room, own.first, emoji[own.reacted], due)
		own.reacted++
	case kind == "delete" && len(own.drop) > 0:
		conn.Delete(n, room, own.drop[0], due)
		own.drop = own.drop[1:]
	case kind == "post":
		due.Done = own.posted
		conn.Say(n, room, chat.NewID(), c.size, due)
	default:
		c.failed("nothing to " + kind)
	}
}

func (c *changes) failed(what string) { c.mu.Lock(); defer c.mu.Unlock(); c.errors[what]++ }

// emoji are what one person can put to one message.
var emoji = []string{"👍", "❤️", "😂", "🎉", "😮", "😢", "🙏", "🔥", "👏", "🤔", "☕", "🚀"}

// posted sorts a message that the log has.
func (s *said) posted(seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first == 0 {
		s.first = seq
	} else {
		s.drop = append(s.drop, seq)
	}
}

// move lets one of the passers come in or go, over HTTP at any edge.
func (c *changes) move(ctx context.Context, n int, due load.Due) {
	p := n % len(c.passers)
	c.turns[p].Lock()
	defer c.turns[p].Unlock()
	room := c.rooms[p%len(c.rooms)]
	who, err := c.passers[p].Client(c.t.Edges[n%len(c.t.Edges)])
	if err == nil && c.in[p] {
		err = who.Leave(ctx, room.ID)
	} else if err == nil {
		err = who.Join(ctx, room.ID)
	}
	if err != nil {
		c.failed(err.Error())
		return
	}
	c.in[p] = !c.in[p]
	room.Turned()
	due.Acks.Add(p, time.Since(due.At))
}

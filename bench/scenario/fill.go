package scenario

import (
	"context"

	"github.com/natter-chat/natter/bench/target"
	"github.com/natter-chat/natter/events"
)

// filling puts posts of a crowd's members straight into the log, as an edge
// would but without asking one.
type filling struct {
	*crowd
	rooms []string
	names []string
}

// filling prepares the filling of some of the crowd's rooms.
func (c *crowd) filling(ctx context.Context, rooms []string) (*filling, error) {
	f := &filling{crowd: c, rooms: rooms}
	per := len(c.people) / len(c.rooms)
	for i, id := range rooms {
		owner, err := c.people[i*per].Client(c.t.Edges[0])
		if err != nil {
			return nil, err
		}
		room, err := owner.Room(ctx, id)
		if err != nil {
			return nil, err
		}
		f.names = append(f.names, room.Name)
	}
	return f, nil
}

// run fills the rooms in turn with n posts, each by the next member of its room.
func (f *filling) run(ctx context.Context, n int, text func(i int) string, stored func(i int, seq uint64)) error {
	per := len(f.people) / len(f.crowd.rooms)
	count := f.counting("posted", n)
	return f.t.Fill(ctx, n, func(i int) events.Event {
		count(i)
		room := i % len(f.rooms)
		by := f.people[room*per+i/len(f.rooms)%per]
		return target.Message(by, f.rooms[room], f.names[room], text(i))
	}, stored)
}

package scenario

import (
	"context"
	"math/rand/v2"
	"strconv"

	"github.com/natter-chat/natter/bench/load"
)

// fleet returns a fleet without connections, and the crowd's rooms.
func (c *crowd) fleet(ctx context.Context, buffer int) (*load.Fleet, []*load.Room) {
	f := load.NewFleet(ctx, strconv.FormatUint(rand.Uint64(), 36), c.t.Edges)
	if buffer > 0 {
		f.Buffer = buffer
	}
	rooms := make([]*load.Room, len(c.rooms))
	for i, id := range c.rooms {
		rooms[i] = &load.Room{ID: id}
	}
	return f, rooms
}

// seat starts a connection for everybody.
func (c *crowd) seat(f *load.Fleet, rooms []*load.Room) {
	per := len(c.people) / len(rooms)
	for i, p := range c.people {
		f.Add(p, rooms[i/per])
	}
}

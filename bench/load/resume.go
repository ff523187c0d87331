package load

import (
	"strconv"
	"strings"
)

// AddFrom starts a connection to somebody's room that has everything up to
// position and catches up from there.
func (f *Fleet) AddFrom(p Person, room *Room, position string) *Conn {
	c := f.seated(p, room)
	incarnation, seq, _ := strings.Cut(position, "-")
	c.seats[0].incarnation = incarnation
	c.seats[0].last, _ = strconv.ParseUint(seq, 10, 64)
	f.running.Go(c.run)
	return c
}

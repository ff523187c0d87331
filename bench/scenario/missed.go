package scenario

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/natter-chat/natter/bench/load"
	"github.com/natter-chat/natter/bench/target"
)

// absent is somebody who has seen a room up to a position, and what was posted
// there since.
type absent struct {
	*crowd
	who      *target.Person
	room     string
	position string
	run      string
	seqs     []uint64 // of post i
	tries    int      // how often each figure is taken
}

// missed measures how long one client takes to catch up with n events: at an
// edge that follows the room already, and at one that has just started. The
// figures are the medians.
func (c *crowd) missed(ctx context.Context, n, size, tries int) (checked load.Checked, figures map[string]float64, err error) {
	a := &absent{crowd: c, who: c.people[0], room: c.rooms[0], run: "missed", tries: tries}
	who, err := a.who.Client(c.t.Edges[0])
	if err != nil {
		return checked, nil, err
	}
	page, err := who.History(ctx, a.room, "", "", 1)
	if err != nil {
		return checked, nil, err
	}
	a.position = page.Position
	watching, room, err := a.watch(ctx)
	if err != nil {
		return checked, nil, err
	}
	defer watching.Close()
	if err := a.happen(ctx, n, size); err != nil {
		return checked, nil, err
	}
	a.tell(room)
	if err := watching.Settle(ctx, settleWithin, []*load.Room{room}); err != nil {
		return checked, nil, err
	}
	if _, err := c.t.Drained(ctx, drainWithin); err != nil {
		return checked, nil, err
	}
	warm, seen, err := a.times(ctx, func() error { return nil })
	if err != nil {
		return checked, nil, fmt.Errorf("at a warm edge: %w", err)
	}
	watching.Close()
	cold, again, err := a.times(ctx, func() error { return c.t.Renew("edge") })
	if err != nil {
		return checked, nil, fmt.Errorf("at an edge that has just started: %w", err)
	}
	return load.Check([]*load.Room{room}).Plus(seen).Plus(again),
		map[string]float64{"missed_events": float64(n), "missed_warm_s": warm, "missed_cold_s": cold}, nil
}

// watch lets two others of the room be there all the time, one at each edge.
func (a *absent) watch(ctx context.Context) (*load.Fleet, *load.Room, error) {
	fleet, room := load.NewFleet(ctx, a.run, a.t.Edges), &load.Room{ID: a.room}
	for i := range a.t.Edges {
		fleet.Add(a.people[1+i%2], room)
	}
	err := fleet.WaitLive(ctx, connectWithin, len(a.t.Edges), func(int) {})
	if err != nil {
		fleet.Close()
	}
	return fleet, room, err
}

// happen puts the events into the log.
func (a *absent) happen(ctx context.Context, n, size int) error {
	a.o.Progress("somebody misses %d events", n)
	fill, err := a.filling(ctx, []string{a.room})
	if err != nil {
		return err
	}
	a.seqs = make([]uint64, n)
	return fill.run(ctx, n, texts(a.run, size), func(i int, seq uint64) { a.seqs[i] = seq })
}

// tell notes what was posted in a room's ledger.
func (a *absent) tell(room *load.Room) {
	for i, seq := range a.seqs {
		room.Acked(seq, uint64(i))
	}
}

// times catches up a few times, each after prepare, and returns the median in
// seconds from dialling to the last event.
func (a *absent) times(ctx context.Context, prepare func() error) (median float64, checked load.Checked, err error) {
	var all []float64
	for range a.tries {
		if err := prepare(); err != nil {
			return 0, checked, err
		}
		took, seen, err := a.catchUp(ctx)
		if err != nil {
			return 0, checked, err
		}
		all, checked = append(all, took.Seconds()), checked.Plus(seen)
	}
	slices.Sort(all)
	return round(all[len(all)/2]), checked, nil
}

// catchUp connects from the position and waits for the last event.
func (a *absent) catchUp(ctx context.Context) (time.Duration, load.Checked, error) {
	room := &load.Room{ID: a.room}
	a.tell(room)
	rooms := []*load.Room{room}
	fleet := load.NewFleet(ctx, a.run, a.t.Edges[:1])
	defer fleet.Close()
	fleet.Buffer = 64 << 10
	began := time.Now()
	fleet.AddFrom(a.who, room, a.position)
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for !load.Arrived(rooms) && time.Since(began) < settleWithin {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return 0, load.Checked{}, ctx.Err()
		}
	}
	took := time.Since(began)
	fleet.Close()
	return took, load.Check(rooms), nil
}

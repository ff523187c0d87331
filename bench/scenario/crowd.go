package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/natter-chat/natter/bench/load"
	"github.com/natter-chat/natter/bench/meter"
	"github.com/natter-chat/natter/bench/target"
	"github.com/natter-chat/natter/chat"
)

// crowd is people in rooms, all of them members of exactly one.
type crowd struct {
	t      *target.Target
	o      Options
	people []*target.Person
	rooms  []string
}

// gather makes people and spreads them over rooms of equal size; who is left
// over is not made.
func gather(ctx context.Context, t *target.Target, o Options, people, rooms int) (*crowd, error) {
	people -= people % rooms
	run := strconv.FormatUint(uint64(rand.Uint32()), 36)
	o.Progress("making %d people", people)
	c := &crowd{t: t, o: o}
	var err error
	if c.people, err = t.People(ctx, "p"+run, people); err != nil {
		return nil, fmt.Errorf("make people: %w", err)
	}
	size := people / rooms
	for i := range rooms {
		if i%25 == 0 {
			o.Progress("making rooms: %d of %d", i, rooms)
		}
		room, err := t.Room(ctx, fmt.Sprintf("room %s %d", run, i), c.people[i*size:(i+1)*size])
		if err != nil {
			return nil, fmt.Errorf("make a room: %w", err)
		}
		c.rooms = append(c.rooms, room)
	}
	_, err = t.Drained(ctx, time.Minute)
	return c, err
}

// How long what ends a run may take.
const (
	connectWithin = 2 * time.Minute
	settleWithin  = 30 * time.Second
	drainWithin   = 2 * time.Minute
)

// post drives the crowd at rate posts a second for d, every post by the next
// person, and checks what everybody received.
func (c *crowd) post(ctx context.Context, rate float64, d time.Duration, size int) (*Result, error) {
	rooms := make([]*load.Room, len(c.rooms))
	for i, id := range c.rooms {
		rooms[i] = &load.Room{ID: id}
	}
	fleet := load.NewFleet(ctx, strconv.FormatUint(rand.Uint64(), 36), c.t.Edges)
	defer fleet.Close()
	per := len(c.people) / len(rooms)
	for i, p := range c.people {
		fleet.Add(p, rooms[i/per])
	}
	if err := fleet.WaitLive(ctx, connectWithin, len(c.people), c.counting("connected", len(c.people))); err != nil {
		return nil, err
	}
	c.o.Progress("%.0f posts/s for %s to %d connections", rate, d, len(c.people))
	profiled := make(chan error, 1)
	go func() { profiled <- c.o.profile(ctx, c.t, d) }()
	m := meter.Start(c.t.Roles)
	conns := fleet.Conns()
	began := time.Now()
	posts := load.Pace(ctx, rate, d, func(n uint64, at time.Time) {
		i := int(n*step) % len(conns)
		conns[i].Post(n, rooms[i/per], chat.NewID(), size, at)
	})
	elapsed := time.Since(began)
	if err := <-profiled; err != nil {
		return nil, fmt.Errorf("take profiles: %w", err)
	}
	r := &Result{Offered: rate, Posts: posts, Seconds: round(elapsed.Seconds()), Connection: len(conns)}
	if c.t.Private() {
		r.LagAtEnd, _ = c.t.Behind()
	}
	settled := fleet.Settle(ctx, settleWithin, rooms)
	took := time.Since(began).Seconds()
	drain, err := c.t.Drained(ctx, drainWithin)
	if err != nil {
		return nil, err
	}
	r.DrainS = round(took - elapsed.Seconds() + drain.Seconds())
	usage := m.Stop()
	fleet.Close()
	r.checked(load.Check(rooms))
	r.latencies(fleet.Acks.Summary(), fleet.Deliveries.Summary())
	r.used(usage)
	r.Errors = fleet.Errors()
	if n := fleet.Pending(); n > 0 { // without an answer, what latency is there to report?
		return nil, fmt.Errorf("%d posts got no ack within %s of the last: %w", n, settleWithin, settled)
	}
	r.PostsPerS, r.DeliveriesPerS = round(float64(r.Acked)/took), round(float64(r.Delivered)/took)
	return r, ctx.Err()
}

// climb raises the rate by a quarter until two runs are no better than the best
// before them, or than the first, and returns the best. All runs are its steps.
func (c *crowd) climb(ctx context.Context, rate float64, d time.Duration, size int, better func(r, best *Result) bool) (*Result, error) {
	var best *Result
	var steps []*Result
	for failures := 0; failures < 2; rate *= 1.25 {
		r, err := c.post(ctx, rate, d, size)
		if err != nil {
			return nil, err
		}
		steps = append(steps, r)
		c.o.Progress("%.0f posts/s: %.0f acked/s, %.0f deliveries/s, ack p99 %.1f ms, delivery p99 %.1f ms",
			rate, r.PostsPerS, r.DeliveriesPerS, r.AckP99, r.DeliveryP99)
		switch {
		case best == nil, better(r, best):
			best, failures = r, 0
		default:
			failures++
		}
	}
	found := *best
	found.Steps = steps
	return &found, nil
}

// step walks through all people in an order that changes the room with every
// post. It is odd and no multiple of 5: every person has their turn in any
// crowd whose size has no other prime factors.
const step = 37

// counting returns a progress that is shown once a second.
func (c *crowd) counting(what string, of int) func(int) {
	shown := time.Now()
	return func(n int) {
		if time.Since(shown) > time.Second {
			c.o.Progress("%s: %d of %d", what, n, of)
			shown = time.Now()
		}
	}
}

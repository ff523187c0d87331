package scenario

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/natter-chat/natter/bench/load"
	"github.com/natter-chat/natter/bench/meter"
	"github.com/natter-chat/natter/bench/target"
)

// kinds are what everybody does, one after the other: each kind alone, so that
// its cost is its own, and then all of them at once. Edits, reactions and
// deletions need what was said before.
var kinds = []string{"post", "edit", "react", "move", "delete", "mixed"}

// mixture is the order of kinds when all are done at once.
var mixture = []string{"post", "edit", "post", "react", "move", "post", "edit", "move", "post", "delete"}

// Changes is people in rooms who post, edit, react, delete, and others who come
// and go, at one rate.
func Changes(ctx context.Context, t *target.Target, o Options) (*Result, error) {
	people := or(o.Connections, 1000)
	crowd, err := gather(ctx, t, o, people, max(people/10, 1))
	if err != nil {
		return nil, err
	}
	c := &changes{crowd: crowd, rate: or(o.Rate, 100), size: or(o.Size, 300), errors: map[string]int{}}
	if c.passers, err = t.People(ctx, "q"+crowd.people[0].User.Name, 2*len(crowd.rooms)); err != nil {
		return nil, fmt.Errorf("make people: %w", err)
	}
	c.turns = make([]sync.Mutex, len(c.passers))
	c.in = make([]bool, len(c.passers))
	fleet, rooms := crowd.fleet(ctx, 0)
	defer fleet.Close()
	crowd.seat(fleet, rooms)
	c.fleet, c.conns, c.rooms = fleet, fleet.Conns(), rooms
	c.said = make([]said, len(crowd.people))
	if err := fleet.WaitLive(ctx, connectWithin, len(crowd.people), crowd.counting("connected", len(crowd.people))); err != nil {
		return nil, err
	}
	return c.run(ctx, or(o.Duration, time.Minute)/time.Duration(len(kinds)))
}

type changes struct {
	*crowd
	rate  float64
	size  int
	fleet *load.Fleet
	conns []*load.Conn
	rooms []*load.Room
	said  []said // by person
	acts  uint64

	passers []*target.Person // who come and go, each in a room of their own
	turns   []sync.Mutex     // of each
	in      []bool

	mu     sync.Mutex
	errors map[string]int
}

// run drives all kinds. What one left behind is done before the next begins.
func (c *changes) run(ctx context.Context, d time.Duration) (*Result, error) {
	r := newResult()
	began := time.Now()
	whole := meter.Start(c.t.Roles)
	if err := c.prepare(ctx, d); err != nil {
		return nil, fmt.Errorf("say what is to be changed: %w", err)
	}
	for _, kind := range kinds {
		if err := c.phase(ctx, r, kind, d); err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
	}
	usage := whole.Stop()
	c.fleet.Close()
	r.Offered, r.Posts, r.Seconds, r.Connection = c.rate, c.acts, round(time.Since(began).Seconds()), len(c.people)
	r.checked(load.Check(c.rooms))
	r.PostsPerS, r.DeliveriesPerS = round(float64(r.Acked)/r.Seconds), round(float64(r.Delivered)/r.Seconds)
	r.latencies(c.fleet.Acks.Summary(), c.fleet.Deliveries.Summary())
	r.used(usage)
	r.Errors = c.fleet.Errors()
	for kind, n := range c.errors {
		r.Errors[kind] += n
	}
	return r, ctx.Err()
}

// prepareRate is how fast what is to be changed is said.
const prepareRate = 300

// prepare lets everybody say what they will edit, react to and delete.
func (c *changes) prepare(ctx context.Context, d time.Duration) error {
	each := 3 + int(c.rate*d.Seconds())/len(c.people)
	acks := load.NewLatencies()
	long := (time.Duration(each*len(c.people)) + 1) * time.Second / prepareRate // half a post more than all, so that none is rounded away
	n := load.Pace(ctx, prepareRate, long-time.Second/prepareRate/2, func(n uint64, at time.Time) {
		c.act(ctx, "post", n, load.Due{At: at, Acks: acks}, nil)
	})
	c.acts += n
	return c.fleet.Settle(ctx, settleWithin, c.rooms)
}

// phase does one kind for d and waits until all of it has arrived, is stored,
// and what was deleted is erased.
func (c *changes) phase(ctx context.Context, r *Result, kind string, d time.Duration) error {
	c.o.Progress("%s: %.0f/s for %s", kind, c.rate, d)
	acks := load.NewLatencies()
	if kind == "mixed" {
		acks = c.fleet.Acks
	}
	m := meter.Start(c.t.Roles)
	began := time.Now()
	var moving sync.WaitGroup
	n := load.Pace(ctx, c.rate, d, func(n uint64, at time.Time) {
		one := kind
		if kind == "mixed" {
			one = mixture[n%uint64(len(mixture))]
		}
		c.act(ctx, one, c.acts+n, load.Due{At: at, Acks: acks}, &moving)
	})
	c.acts += n
	moving.Wait()
	if err := c.fleet.Settle(ctx, settleWithin, c.rooms); err != nil {
		return err
	}
	took := time.Since(began).Seconds()
	if _, err := c.t.Drained(ctx, drainWithin); err != nil {
		return err
	}
	if err := c.t.Erased(ctx, drainWithin); err != nil {
		return err
	}
	usage, s := m.Stop(), acks.Summary()
	all := time.Duration(0)
	for _, cpu := range usage.CPU {
		all += cpu
	}
	r.more(map[string]float64{kind + "_per_s": round(float64(n) / took), kind + "_ack_p50_ms": round(s.P50), kind + "_ack_p99_ms": round(s.P99),
		kind + "_cpu_us": round(micros(all) / float64(n))})
	r.more(per(kind+"_cpu_us_", usage, float64(n)))
	return nil
}

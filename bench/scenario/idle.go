package scenario

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/natter-chat/natter/bench/load"
	"github.com/natter-chat/natter/bench/meter"
	"github.com/natter-chat/natter/bench/target"
)

const (
	idleRoom   = 100             // people in each room
	idleBuffer = 512             // bytes of the tool's read buffer for a silent socket
	spareFiles = 1000            // descriptors beside the sockets
	giveBack   = 5 * time.Second // after a collection
	fewSockets = 1000            // below this the figures say nothing, and nobody waits
	dialWithin = 5 * time.Minute // all sockets
)

// Idle is sockets that are authenticated, follow a room of 100 and hear
// nothing but pings. A private natter's edges are started afresh before, so that
// what they held for making the people is not in the figures, and collect their
// garbage before they are looked at.
//
// What one process may not hold in open files is shared with helpers.
func Idle(ctx context.Context, t *target.Target, o Options) (*Result, error) {
	n := or(o.Connections, 10_000)
	return idle(ctx, t, o, n, allowFiles(n))
}

// idle holds here connections in this process, and in each helper at most.
func idle(ctx context.Context, t *target.Target, o Options, n, here int) (*Result, error) {
	if here < n && !t.Private() {
		return nil, fmt.Errorf("%d sockets need as many open files; raise ulimit -n", n)
	}
	c, err := gather(ctx, t, o, n, max(n/idleRoom, 1))
	if err != nil {
		return nil, err
	}
	if t.Private() {
		if err := t.Renew("edge"); err != nil {
			return nil, err
		}
	}
	s := &sockets{crowd: c, here: min(here, n)}
	r, err := s.rest(ctx)
	if ended := s.end(r); err == nil {
		err = ended
	}
	return r, err
}

// allowFiles raises the bound on open files for n sockets, also for processes
// that are started from now on, and returns for how many it suffices.
func allowFiles(n int) int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return n // and see
	}
	want := uint64(n + spareFiles)
	raised := syscall.Rlimit{Cur: max(limit.Cur, want), Max: max(limit.Max, want)}
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised) == nil {
		return n
	}
	raised = syscall.Rlimit{Cur: limit.Max, Max: limit.Max} // above it only root may go
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised)
	return max(int(limit.Max)-spareFiles, 1)
}

// held is what the edges hold together, in bytes: all of it, all but what the
// runtime has free for new garbage, and heap and stacks in use.
type held struct{ rss, taken, used float64 }

// lookAt lets the edges collect their garbage and give back what they give
// back, and looks.
func (c *sockets) lookAt(ctx context.Context) (held, error) {
	t, wait := c.t, giveBack
	if len(c.people) < fewSockets {
		wait = 0
	}
	if err := t.Collect(ctx); err != nil {
		return held{}, err
	}
	select {
	case <-time.After(wait): // the runtime returns memory slowly, on purpose
	case <-ctx.Done():
	}
	rss := float64(meter.Memory(meter.Roles{"edge": t.Roles["edge"]})["edge"])
	free := t.Metric("edge", "go_memstats_heap_idle_bytes") - t.Metric("edge", "go_memstats_heap_released_bytes")
	return held{
		rss: rss, taken: rss - free,
		used: t.Metric("edge", "go_memstats_heap_inuse_bytes") + t.Metric("edge", "go_memstats_stack_inuse_bytes"),
	}, ctx.Err()
}

// rest connects everybody and measures the silence that follows.
func (c *sockets) rest(ctx context.Context) (*Result, error) {
	fleet, rooms := c.fleet(ctx, idleBuffer)
	defer fleet.Close()
	before, err := c.lookAt(ctx)
	if err != nil {
		return nil, err
	}
	own := ownMemory()
	n, began := len(c.people), time.Now()
	if err := c.connect(ctx, fleet, rooms); err != nil {
		return nil, err
	}
	connected := time.Since(began)
	d := or(c.o.Duration, 30*time.Second)
	c.o.Progress("%d connections in %.1f s; silence for %s", n, connected.Seconds(), d)
	m := meter.Start(c.t.Roles)
	select {
	case <-time.After(d): // the silence that is measured
	case <-ctx.Done():
	}
	usage := m.Stop()
	after, err := c.lookAt(ctx)
	if err != nil {
		return nil, err
	}
	live := fleet.Live() + c.live()
	tool := float64(ownMemory() - own)
	fleet.Close()
	r := &Result{Seconds: round(usage.Elapsed.Seconds()), Connection: n, Errors: fleet.Errors()}
	if live < n {
		r.Errors["a connection that was not live at the end"] = n - live
	}
	r.checked(load.Check(rooms))
	r.used(usage)
	kb := func(bytes float64) float64 { return round(bytes / 1024 / float64(n)) }
	r.more(map[string]float64{
		"edge_kb_per_connection": kb(after.rss - before.rss), "edge_in_use_kb_per_connection": kb(after.used - before.used),
		"edge_taken_kb_per_connection": kb(after.taken - before.taken),
		"edge_mb_before":               round(before.rss / (1 << 20)), "edge_mb_after": round(after.rss / (1 << 20)),
		"bench_kb_per_connection": round(tool / 1024 / float64(c.here)), "connect_s": round(connected.Seconds()),
	})
	for role, cpu := range usage.CPU {
		r.more(map[string]float64{"cpu_percent_" + role: round(100 * cpu.Seconds() / usage.Elapsed.Seconds())})
	}
	return r, ctx.Err()
}

// connect starts everybody's connection and waits until all are live.
func (c *sockets) connect(ctx context.Context, fleet *load.Fleet, rooms []*load.Room) error {
	per, n := len(c.people)/len(rooms), len(c.people)
	for i, p := range c.people[:c.here] {
		fleet.Add(p, rooms[i/per])
	}
	if err := c.lendAll(fleet.Run); err != nil {
		return err
	}
	shown := c.counting("connected", n)
	err := until(ctx, dialWithin, 20*time.Millisecond, func() (bool, error) {
		live := fleet.Live() + c.live()
		shown(live)
		return live >= n, nil
	})
	if err != nil {
		return fmt.Errorf("%d of %d connections are live: %w; errors: %v", fleet.Live()+c.live(), n, err, fleet.Errors())
	}
	return nil
}

func ownMemory() int64 {
	return meter.Memory(meter.Roles{meter.Bench: {-os.Getpid()}})[meter.Bench]
}

package scenario

import (
	"context"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/natter-chat/natter/bench/load"
	"github.com/natter-chat/natter/bench/meter"
	"github.com/natter-chat/natter/bench/target"
)

const (
	idleRoom    = 100             // people in each room
	idleBuffer  = 512             // bytes of the tool's read buffer for a silent socket
	spareFiles  = 1000            // descriptors beside the sockets
	collectedIn = 3 * time.Minute // Go collects garbage every two minutes at least
	fewSockets  = 1000            // below this nobody waits for that
	dialWithin  = 5 * time.Minute // all sockets
)

// Idle is sockets that are authenticated, follow a room of 100 and hear
// nothing but pings. A private natter's edges are started afresh before, so that
// what they held for making the people is not in the figures, and are looked
// at once each has collected the garbage of the handshakes.
func Idle(ctx context.Context, t *target.Target, o Options) (*Result, error) {
	n := or(o.Connections, 10_000)
	if err := allowFiles(uint64(n + spareFiles)); err != nil {
		return nil, err
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
	fleet, rooms := c.fleet(ctx, idleBuffer)
	defer fleet.Close()
	before, own := lookAt(t), meter.Memory(meter.Roles{meter.Bench: {-os.Getpid()}})
	return c.rest(ctx, fleet, rooms, before, own)
}

// allowFiles raises the bound on open files, also for processes that are
// started from now on.
func allowFiles(n uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	raised := syscall.Rlimit{Cur: max(limit.Cur, n), Max: max(limit.Max, n)}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err != nil {
		return fmt.Errorf("%d sockets need as many open files; ulimit -n allows %d: %w", n-spareFiles, limit.Max, err)
	}
	return nil
}

// held is what the edges hold together, in bytes.
type held struct{ rss, used float64 }

func lookAt(t *target.Target) held {
	return held{
		rss:  float64(meter.Memory(meter.Roles{"edge": t.Roles["edge"]})["edge"]),
		used: t.Metric("edge", "go_memstats_heap_inuse_bytes") + t.Metric("edge", "go_memstats_stack_inuse_bytes"),
	}
}

// rest connects everybody and measures the silence that follows.
func (c *crowd) rest(ctx context.Context, fleet *load.Fleet, rooms []*load.Room, before held, own map[string]int64) (*Result, error) {
	n, began := len(c.people), time.Now()
	c.seat(fleet, rooms)
	if err := fleet.WaitLive(ctx, dialWithin, n, c.counting("connected", n)); err != nil {
		return nil, err
	}
	connected := time.Since(began)
	d := or(c.o.Duration, 30*time.Second)
	c.o.Progress("%d connections in %.1f s; silence for %s", n, connected.Seconds(), d)
	m, since := meter.Start(c.t.Roles), time.Now()
	select {
	case <-time.After(d): // the silence that is measured
	case <-ctx.Done():
	}
	usage := m.Stop()
	if err := c.collect(ctx, n, since); err != nil {
		return nil, err
	}
	after := lookAt(c.t)
	live := fleet.Live()
	tool := meter.Memory(meter.Roles{meter.Bench: {-os.Getpid()}})[meter.Bench] - own[meter.Bench]
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
		"edge_mb_before": round(before.rss / (1 << 20)), "edge_mb_after": round(after.rss / (1 << 20)),
		"bench_kb_per_connection": kb(float64(tool)), "connect_s": round(connected.Seconds()),
	})
	for role, cpu := range usage.CPU {
		r.more(map[string]float64{"cpu_percent_" + role: round(100 * cpu.Seconds() / usage.Elapsed.Seconds())})
	}
	return r, ctx.Err()
}

// collect waits until every edge has collected garbage since, where that is
// worth it.
func (c *crowd) collect(ctx context.Context, n int, since time.Time) error {
	if n < fewSockets || !c.t.Private() {
		return nil
	}
	c.o.Progress("waiting until the edges have collected the garbage of the handshakes")
	ticker := time.NewTicker(2 * time.Second)
	defer ticker.Stop()
	for !c.collected(since) && time.Since(since) < collectedIn {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// collected reports whether every edge has collected garbage after a time.
func (c *crowd) collected(since time.Time) bool {
	return !slices.ContainsFunc(c.t.Metrics("edge", "go_memstats_last_gc_time_seconds"),
		func(at float64) bool { return at < float64(since.Unix()) })
}

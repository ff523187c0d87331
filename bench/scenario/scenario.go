package scenario

import (
	"context"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/natter-chat/natter/bench/target"
)

// Options are a run's settings. Zero values are each scenario's own choice.
type Options struct {
	Duration    time.Duration
	Rate        float64 // posts a second
	Search      bool    // look for the highest rate within the limits
	Connections int
	Size        int // bytes of a post's text
	Messages    int // of the room that history reads, or that drain stores

	Profile  string // folder for CPU profiles; empty: none
	Progress func(format string, args ...any)
}

// Scenario is one workload.
type Scenario struct {
	Name    string
	About   string // a line for a person
	Private bool   // needs a natter of its own, which it stops, fills or empties
	Alone   bool   // starts its own: the target is a folder
	Run     func(ctx context.Context, t *target.Target, o Options) (*Result, error)
}

// All lists the scenarios in the order in which a report shows them.
var All = []Scenario{
	{Name: "rooms", About: "1 000 people in 100 rooms of 10 post at a given rate, or at the highest with p99 below 100 ms", Run: Rooms},
	{Name: "hall", About: "everybody in one room: latency at 20 posts/s, or the highest deliveries/s", Run: Hall},
	{Name: "changes", About: "1 000 people in 100 rooms post, edit, react, delete, come and go, 100 times a second or -rate: each kind alone, then all at once", Run: Changes},
	{Name: "history", About: "1 000 readers page by cursor through a room of 2 000 messages, or of -messages", Run: History},
	{Name: "idle", About: "10 000 connections, or -connections, that hear nothing: memory and processor time", Run: Idle},
	{Name: "presence", About: "10 000 people, or -connections, come and go within a minute, or -duration, while others watch: processor time", Private: true, Run: Presence},
	{Name: "resume", About: "2 000 connections that are cut at once; one client that missed 10 000 events, or -messages", Run: Resume},
	{Name: "flood", About: "200 wrong passwords a second, or -rate, while others post and read: their p99 with and without it, in turn", Run: Flood},
	{Name: "drain", About: "500 000 events, or -messages, wait for the persister; then the tables are made anew from the log", Private: true, Run: Drain},
	{Name: "start", About: "natter run from nothing and from a folder that exists, at rest, and the size of the programs", Private: true, Alone: true, Run: Start},
}

// profile takes the roles' and this process's CPU profiles while a load runs.
func (o Options) profile(ctx context.Context, t *target.Target, d time.Duration) error {
	if o.Profile == "" {
		return nil
	}
	if err := os.MkdirAll(o.Profile, 0o755); err != nil {
		return err
	}
	own, err := os.Create(filepath.Join(o.Profile, "bench.prof"))
	if err != nil {
		return err
	}
	defer own.Close()
	if err := pprof.StartCPUProfile(own); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return t.Profile(ctx, o.Profile, d)
}

// or returns the first value that is not zero.
func or[T comparable](values ...T) (zero T) {
	for _, v := range values {
		if v != zero {
			return v
		}
	}
	return zero
}

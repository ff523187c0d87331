package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/natter-chat/natter/bench/meter"
	"github.com/natter-chat/natter/bench/target"
)

const (
	presenceRoom     = 100 // people who come and go in each room
	presenceWatchers = 5   // and who watch them
	stirEvery        = 200 * time.Millisecond
	stayFor          = 10 * time.Second
)

// Presence is people who come and go, each once, while others watch their rooms.
// They are connected to an edge that is played by this tool, which says what an
// edge would: so the cost is that of presence alone, on the edges that hear of
// it and on NATS, without sockets that open and close. Before it nobody does
// anything, which must cost no frame.
func Presence(ctx context.Context, t *target.Target, o Options) (*Result, error) {
	n := or(o.Connections, 10_000)
	rooms := max(n/presenceRoom, 1)
	c, err := gather(ctx, t, o, n+rooms*presenceWatchers, rooms)
	if err != nil {
		return nil, err
	}
	if err := t.Renew("edge"); err != nil {
		return nil, err
	}
	s := &stirred{crowd: c, rooms: rooms}
	defer s.close()
	if err := s.watch(ctx); err != nil {
		return nil, err
	}
	if s.stirrer, err = newStirrer(ctx, t.Cluster.NATS.URL()); err != nil {
		return nil, err
	}
	defer s.stirrer.close()
	return s.measure(ctx)
}

// stirred is a crowd of which some watch the others.
type stirred struct {
	*crowd
	rooms    int
	watchers []*watcher
	stirrer  *stirrer
}

// watch connects the watchers, the first few of each room.
func (s *stirred) watch(ctx context.Context) error {
	per := len(s.people) / s.rooms
	for room := range s.rooms {
		for i := range presenceWatchers {
			w, err := newWatcher(ctx, s.t.Edges[i%len(s.t.Edges)], s.people[room*per+i], s.crowd.rooms[room])
			if err != nil {
				return fmt.Errorf("watch a room: %w", err)
			}
			s.watchers = append(s.watchers, w)
		}
	}
	return nil
}

// measure is silence, then everybody's coming and going.
func (s *stirred) measure(ctx context.Context) (*Result, error) {
	d := or(s.o.Duration, time.Minute)
	settled := time.After(5 * time.Second)
	if err := wait(ctx, settled); err != nil {
		return nil, err
	}
	before := s.heard()
	s.o.Progress("%d people watch %d rooms in silence for %s", len(s.watchers), s.rooms, d/3)
	quiet := meter.Start(s.t.Roles)
	if err := wait(ctx, time.After(d/3)); err != nil {
		return nil, err
	}
	silence := quiet.Stop()
	idle := s.heard() - before
	var moving []string
	per := len(s.people) / s.rooms
	for i := range per - presenceWatchers { // the rooms in turn
		for room := range s.rooms {
			moving = append(moving, s.people[room*per+presenceWatchers+i].User.ID)
		}
	}
	s.o.Progress("%d people come and go within %s", len(moving), d)
	busy := meter.Start(s.t.Roles)
	from := s.heard()
	s.stirrer.stir(ctx, moving, d)
	expected := uint64(2 * len(moving) * presenceWatchers)
	err := until(ctx, settleWithin, 50*time.Millisecond, func() (bool, error) { return s.heard()-from >= expected, nil })
	usage := busy.Stop()
	r := &Result{Seconds: round(usage.Elapsed.Seconds()), Connection: len(s.watchers), Expected: expected, Delivered: s.heard() - from, Errors: map[string]int{}}
	for _, w := range s.watchers {
		r.Lost += w.lost.Load()
	}
	if err != nil {
		r.Lost += expected - r.Delivered
	}
	r.used(usage)
	r.more(map[string]float64{"frames_in_silence": float64(idle), "people": float64(len(moving)), "rooms": float64(s.rooms)})
	for role := range usage.CPU {
		cores := func(u meter.Usage) float64 { return 100 * u.CPU[role].Seconds() / u.Elapsed.Seconds() }
		r.more(map[string]float64{"silence_cpu_percent_" + role: round(cores(silence)), "cpu_percent_" + role: round(cores(usage))})
	}
	return r, ctx.Err()
}

// heard is how many frames about presence all watchers have had.
func (s *stirred) heard() (n uint64) {
	for _, w := range s.watchers {
		n += w.frames.Load()
	}
	return n
}

func (s *stirred) close() {
	for _, w := range s.watchers {
		w.close()
	}
}

func wait(ctx context.Context, over <-chan time.Time) error {
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

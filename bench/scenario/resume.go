package scenario

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/natter-chat/natter/bench/load"
	"github.com/natter-chat/natter/bench/meter"
	"github.com/natter-chat/natter/bench/target"
	"github.com/natter-chat/natter/chat"
)

// Resume cuts all sockets at once while people post, and then lets one client
// catch up with 10 000 events that it missed.
func Resume(ctx context.Context, t *target.Target, o Options) (*Result, error) {
	return storm{
		sockets: or(o.Connections, 2000), rate: or(o.Rate, 200), size: or(o.Size, 300), missed: or(o.Messages, 10_000),
		posting: or(o.Duration, 6*time.Second), counted: 11 * time.Second, tries: 3,
	}.run(ctx, t, o)
}

// storm is the sizes of a Resume.
type storm struct {
	sockets, size, missed int
	tries                 int           // of catching up
	rate                  float64       // posts a second
	posting               time.Duration // at least, in each phase
	counted               time.Duration // after which PostgreSQL has counted all that ended
}

// backWithin bounds the time until all sockets are live again.
const backWithin = time.Minute

func (s storm) run(ctx context.Context, t *target.Target, o Options) (*Result, error) {
	c, err := gather(ctx, t, o, s.sockets, max(s.sockets/10, 1))
	if err != nil {
		return nil, err
	}
	s.sockets = len(c.people)
	r, checked, err := s.cut(ctx, c)
	if err != nil || !t.Private() {
		return r, err
	}
	missed, figures, err := c.missed(ctx, s.missed, s.size, s.tries)
	if err != nil {
		return nil, err
	}
	all := checked.Plus(missed)
	all.Acked = checked.Acked // what was missed was put into the log, not posted
	r.checked(all)
	r.more(figures)
	return r, nil
}

// cut runs two phases of posting that last equally long: in the first all
// sockets are cut, the second is for comparison.
func (s storm) cut(ctx context.Context, c *crowd) (*Result, load.Checked, error) {
	fleet, rooms := c.fleet(ctx, 0)
	defer fleet.Close()
	c.seat(fleet, rooms)
	if err := fleet.WaitLive(ctx, connectWithin, s.sockets, c.counting("connected", s.sockets)); err != nil {
		return nil, load.Checked{}, err
	}
	p := &phases{storm: s, crowd: c, fleet: fleet, rooms: rooms}
	m, began := meter.Start(c.t.Roles), time.Now()
	back := map[string]float64{}
	first, took, err := p.run(ctx, s.posting, func() (err error) { back, err = p.sever(ctx); return err })
	if err != nil {
		return nil, load.Checked{}, err
	}
	second, _, err := p.run(ctx, took, func() error { return nil })
	if err != nil {
		return nil, load.Checked{}, err
	}
	usage, elapsed := m.Stop(), time.Since(began)
	fleet.Close()
	r := &Result{Offered: s.rate, Posts: p.posts, Seconds: round(elapsed.Seconds()), Connection: s.sockets, Errors: fleet.Errors()}
	checked := load.Check(rooms)
	r.checked(checked)
	r.latencies(fleet.Acks.Summary(), fleet.Deliveries.Summary())
	r.used(usage)
	r.PostsPerS, r.DeliveriesPerS = round(float64(r.Acked)/2/took.Seconds()), round(float64(r.Delivered)/2/took.Seconds())
	r.more(back)
	r.more(first.minus("storm_", second))
	return r, checked, nil
}

// phases are the posts around a cut.
type phases struct {
	storm
	crowd *crowd
	fleet *load.Fleet
	rooms []*load.Room
	posts uint64
}

// run lets people post for d and until meanwhile has returned, and returns what
// that asked of the servers.
func (p *phases) run(ctx context.Context, d time.Duration, meanwhile func() error) (asked, time.Duration, error) {
	before, err := p.asked(ctx)
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	posting, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	first := p.posts
	running.Go(func() {
		conns, per := p.fleet.Conns(), p.sockets/len(p.rooms)
		p.posts += load.Pace(posting, p.rate, d+backWithin, func(n uint64, at time.Time) {
			i := int(n*step) % len(conns)
			conns[i].Post(first+n, p.rooms[i/per], chat.NewID(), p.size, at)
		})
	})
	err = meanwhile()
	select {
	case <-time.After(d - time.Since(began)): // the phase's length
	case <-ctx.Done():
	}
	stop()
	running.Wait()
	took := time.Since(began)
	if err == nil {
		err = p.fleet.Settle(ctx, settleWithin, p.rooms)
	}
	if err != nil {
		return nil, 0, err
	}
	after, err := p.asked(ctx)
	return after.since(before), took, err
}

// sever cuts all sockets and says when how many of them were live again.
func (p *phases) sever(ctx context.Context) (map[string]float64, error) {
	select {
	case <-time.After(p.posting / 4): // posts before the cut
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.crowd.o.Progress("cutting %d sockets", p.sockets)
	back := map[string]float64{}
	began := time.Now()
	p.fleet.Cut()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for time.Since(began) < backWithin {
		again := p.fleet.Returned(began)
		for key, share := range map[string]int{"live_50_percent_s": 50, "live_95_percent_s": 95, "live_all_s": 100} {
			if _, known := back[key]; !known && again*100 >= p.sockets*share {
				back[key] = round(time.Since(began).Seconds())
			}
		}
		if again >= p.sockets {
			break
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	err := p.fleet.WaitLive(ctx, backWithin, p.sockets, func(int) {})
	return maps.Clone(back), err
}

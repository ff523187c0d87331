package scenario

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/natter-chat/natter/bench/load"
	"github.com/natter-chat/natter/bench/meter"
	"github.com/natter-chat/natter/bench/target"
	"github.com/natter-chat/natter/chat"
)

const (
	floodPairs  = 3   // phases without and with the flood, in turn
	floodOthers = 100 // requests of others a second: half of them posts
	floodAtOnce = 256 // wrong passwords that wait for their answer
)

// Flood is wrong passwords, Rate a second, without the bounds on one account and
// one address: an attacker has many of both. Meanwhile others post and list their
// rooms at a fixed pace. Phases with and without the flood follow one another, so
// that whatever else the machine does hits both.
func Flood(ctx context.Context, t *target.Target, o Options) (*Result, error) {
	c, err := gather(ctx, t, o, or(o.Connections, 20), 1)
	if err != nil {
		return nil, err
	}
	f := &flood{crowd: c, errors: map[string]int{}, answers: map[int]int{},
		http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: floodAtOnce}}}
	defer f.http.CloseIdleConnections()
	d := or(o.Duration, 30*time.Second) / (2 * floodPairs)
	quiet, busy := load.NewLatencies(), load.NewLatencies()
	f.others(ctx, time.Second, load.NewLatencies()) // connections and plans are there
	m := meter.Start(t.Roles)
	began := time.Now()
	for i := range floodPairs {
		c.o.Progress("pair %d of %d: %s without the flood, then with it", i+1, floodPairs, d)
		f.others(ctx, d, quiet)
		flooding, stop := context.WithCancel(ctx)
		var running sync.WaitGroup
		running.Go(func() { f.attack(flooding, or(o.Rate, 200), d) })
		f.others(ctx, d, busy)
		stop()
		running.Wait()
	}
	return f.result(time.Since(began), m.Stop(), quiet.Summary(), busy.Summary()), ctx.Err()
}

type flood struct {
	*crowd
	http *http.Client

	mu      sync.Mutex
	errors  map[string]int
	answers map[int]int // to wrong passwords, by status
}

// others post and read at their pace for d. A request's time begins when it is due.
func (f *flood) others(ctx context.Context, d time.Duration, lats *load.Latencies) {
	var running sync.WaitGroup
	load.Pace(ctx, floodOthers, d, func(n uint64, due time.Time) {
		running.Go(func() {
			i := int(n)
			who, err := f.people[i%len(f.people)].Client(f.t.Edges[i%len(f.t.Edges)])
			if err == nil && i/len(f.t.Edges)%2 == 0 {
				_, err = who.Post(ctx, f.rooms[0], chat.NewID(), "calm")
			} else if err == nil {
				_, err = who.Rooms(ctx)
			}
			lats.Add(i, time.Since(due))
			f.note(err)
		})
	})
	running.Wait()
}

// attack sends wrong passwords for d, for people that exist and such that do not.
func (f *flood) attack(ctx context.Context, rate float64, d time.Duration) {
	places := make(chan struct{}, floodAtOnce)
	var running sync.WaitGroup
	load.Pace(ctx, rate, d, func(n uint64, _ time.Time) {
		select {
		case places <- struct{}{}:
		default:
			return // as many wait as may
		}
		running.Go(func() {
			defer func() { <-places }()
			name := f.people[int(n)%len(f.people)].User.Name
			if n%2 == 0 {
				name = fmt.Sprintf("nobody-%d", n)
			}
			body := strings.NewReader(fmt.Sprintf(`{"name":%q,"password":"a wrong guess"}`, name))
			resp, err := f.http.Post(f.t.Edges[int(n)%len(f.t.Edges)]+"/api/login", "application/json", body)
			if err != nil {
				f.note(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			f.mu.Lock()
			f.answers[resp.StatusCode]++
			f.mu.Unlock()
		})
	})
	running.Wait()
}

func (f *flood) note(err error) {
	if err == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errors[err.Error()]++
}

func (f *flood) result(took time.Duration, usage meter.Usage, quiet, busy load.Summary) *Result {
	r := newResult()
	r.Seconds, r.Errors, r.RSS = round(took.Seconds()), f.errors, megabytes(usage.Peak)
	checked := float64(f.answers[http.StatusUnauthorized])
	r.more(map[string]float64{
		"others_quiet_p50_ms": round(quiet.P50), "others_quiet_p99_ms": round(quiet.P99), "others_quiet_max_ms": round(quiet.Most),
		"others_flood_p50_ms": round(busy.P50), "others_flood_p99_ms": round(busy.P99), "others_flood_max_ms": round(busy.Most),
		"p99_ratio": round(busy.P99 / max(quiet.P99, 0.001)), "passwords_checked": checked,
		"passwords_refused_429": float64(f.answers[http.StatusTooManyRequests]),
	})
	r.more(per("cpu_us_per_password_", usage, max(checked, 1)))
	return r
}

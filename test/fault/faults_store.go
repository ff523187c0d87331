package main

import (
	"fmt"
	"time"
)

func killPostgres(k *run) (*blow, error) {
	k.Postgres.Kill()
	b := &blow{heal: func(*blow) error { return k.Postgres.Restart() }}
	if _, err := k.Postgres.Query("SELECT 1"); err == nil {
		return b, fmt.Errorf("PostgreSQL outlived SIGKILL")
	}
	b.hit = "PostgreSQL did not answer"
	return b, nil
}

// lockPostgres locks the tables that workers write, or those that commands and
// log-ins need.
func lockPostgres(k *run) (*blow, error) {
	tables := one(k.dice, [][]string{nil, {"events"}, {"offsets"}, {"outbox", "members"}, {"sessions", "users"}})
	release, err := k.Postgres.Lock(tables...)
	if err != nil {
		return nil, err
	}
	what := "the projected tables"
	if tables != nil {
		what = fmt.Sprint(tables)
	}
	return &blow{heal: func(b *blow) error {
		if err := release(); err != nil { // the lock did not last
			return nil
		}
		b.hit = what + " were locked throughout"
		return nil
	}}, nil
}

func freezePostgres(k *run) (*blow, error) {
	b := &blow{heal: func(*blow) error { return k.Postgres.Continue() }}
	if err := k.Postgres.Freeze(); err != nil {
		return b, err // some may stand still
	}
	b.hit = "PostgreSQL and its backends were stopped"
	return b, nil
}

func takeConnections(k *run) (*blow, error) {
	release, taken, err := k.Postgres.TakeConnections()
	if err != nil {
		return nil, err
	}
	b := &blow{heal: func(*blow) error { return release() }}
	if taken > 0 {
		b.hit = fmt.Sprintf("%d connections were taken", taken)
	}
	return b, nil
}

// dropPushes drops at every edge; each drop that matters is filled from the log.
func dropPushes(k *run) (*blow, error) {
	probability := 0.05 + float64(k.dice.IntN(30))/100
	before := 0
	for _, e := range k.Edges {
		before += e.DroppedLive()
		e.DropLive("live.", probability, k.dice.Uint64())
	}
	return &blow{heal: func(b *blow) error {
		dropped := -before
		for _, e := range k.Edges {
			e.PassLive()
			dropped += e.DroppedLive()
		}
		if dropped > 0 {
			b.hit = fmt.Sprintf("%d pushes were dropped", dropped)
		}
		return nil
	}}, nil
}

// stormOfDuplicates lets everybody repeat everything.
func stormOfDuplicates(k *run) (*blow, error) {
	before := k.sum("natter_log_published_total", `outcome="duplicate"`)
	k.town.setStorm(true)
	return &blow{heal: func(b *blow) error {
		k.town.setStorm(false)
		for until := time.Now().Add(5 * second); time.Now().Before(until) && b.hit == ""; _ = pause(k.ctx, 100*time.Millisecond) {
			if n := k.sum("natter_log_published_total", `outcome="duplicate"`) - before; n > 0 {
				b.hit = fmt.Sprintf("the broker met %.0f duplicates", n)
			}
		}
		return nil
	}}, nil
}

// sum adds a metric up over the edges.
func (k *run) sum(metric string, labels ...string) (sum float64) {
	for _, e := range k.Edges {
		n, err := e.Metric(metric, labels...)
		if err == nil {
			sum += n
		}
	}
	return sum
}

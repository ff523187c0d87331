package cluster

import (
	"errors"
	"sync"
)

// TakeConnections ends natter's sessions and takes every connection that the
// server allows: until release, or for two minutes, nobody else gets one.
func (p *Postgres) TakeConnections() (release func() error, taken int, err error) {
	first, err := p.session()
	if err != nil {
		return nil, 0, err
	}
	held := []*session{first}
	release = func() error {
		for _, s := range held {
			s.end()
		}
		return nil
	}
	// Who is thrown out comes back at once, and may be faster than we are.
	for range 20 {
		held = append(held, p.take()...)
		lines, err := first.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'natter';")
		if err != nil {
			return nil, 0, errors.Join(err, release())
		}
		if len(lines) == 0 {
			return release, len(held), nil
		}
	}
	return nil, 0, errors.Join(errors.New("natter held on to its connections with PostgreSQL"), release())
}

// take takes connections until the server refuses, several at a time.
func (p *Postgres) take() (held []*session) {
	var mu sync.Mutex
	var taking sync.WaitGroup
	for range 4 {
		taking.Go(func() {
			for {
				s, err := p.session()
				if err != nil {
					return
				}
				mu.Lock()
				held = append(held, s)
				mu.Unlock()
			}
		})
	}
	taking.Wait()
	return held
}

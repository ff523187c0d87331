package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/internal/roles/runedge"
	"github.com/natter-chat/natter/internal/roles/runnotifier"
	"github.com/natter-chat/natter/internal/roles/runpersister"
	"github.com/natter-chat/natter/internal/service"
)

// team is the roles of one process.
type team struct {
	service        *service.Service
	edges, workers errgroup.Group
	members        []*service.Service
	endWorkers     context.CancelFunc
}

// startTeam starts every role. The edges end with ctx, the workers after them,
// so that what is posted last is folded too. A role that ends early ends all.
func startTeam(ctx context.Context, s *service.Service, listeners []net.Listener, c *runConfig) *team {
	working, endWorkers := context.WithCancel(context.WithoutCancel(ctx))
	t := &team{service: s, endWorkers: endWorkers}
	t.start(working, &t.workers, "persister", "persister-1", func(ctx context.Context, s *service.Service) error {
		return runpersister.Run(ctx, s, runpersister.Config{Config: c.Config, LogConfig: c.log(), DatabaseConfig: c.database()})
	})
	t.start(working, &t.workers, "notifier", "notifier-1", func(ctx context.Context, s *service.Service) error {
		return runnotifier.Run(ctx, s, runnotifier.Config{Config: c.Config, LogConfig: c.log(), DatabaseConfig: c.database()})
	})
	for i, l := range listeners {
		t.start(ctx, &t.edges, "edge", fmt.Sprintf("edge-%d", i+1), func(ctx context.Context, s *service.Service) error {
			return runedge.Serve(ctx, s, c.edge(l.Addr().String()), l)
		})
	}
	return t
}

func (t *team) start(ctx context.Context, group *errgroup.Group, role, name string, run func(context.Context, *service.Service) error) {
	part := t.service.Part(role, name)
	t.members = append(t.members, part)
	group.Go(func() error {
		err := run(ctx, part)
		switch {
		case err == nil && ctx.Err() != nil:
			return nil
		case err == nil:
			err = fmt.Errorf("%s ended by itself", name)
		default:
			err = fmt.Errorf("%s ended: %w", name, err)
		}
		t.service.Fail(err)
		return err
	})
}

// readyEvery is how often ready looks.
const readyEvery = 50 * time.Millisecond

// ready waits until every role serves, or fails when ctx ends.
func (t *team) ready(ctx context.Context) error {
	for _, part := range t.members {
		select {
		case <-part.HasStarted():
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for t.service.Unready(ctx) != nil {
		select {
		case <-time.After(readyEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// wait returns when every role has ended, the edges first.
func (t *team) wait() error {
	err := t.edges.Wait()
	t.endWorkers()
	if workers := t.workers.Wait(); err == nil {
		err = workers
	}
	return err
}

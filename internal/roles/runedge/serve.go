package runedge

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/edge"
	"github.com/natter-chat/natter/internal/service"
)

// serve runs the edge and its HTTP server until ctx ends or one of them fails.
//
// The order of the end matters. First the edge drains: it is not ready any more
// and closes its sockets, while posts on them and plain requests still work.
// Then the server accepts what has connected, nobody else, and finishes its
// requests. The feeds and the
// hub end last, because both need them.
func serve(ctx context.Context, s *service.Service, e *edge.Edge, l net.Listener) error {
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	server := e.Server()
	server.ErrorLog = slog.NewLogLogger(s.Logger.Handler(), slog.LevelDebug)
	conns := watch(server)
	group, running := errgroup.WithContext(inner)
	group.Go(func() error { return e.Run(running) })
	group.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		defer stop()
		select {
		case <-ctx.Done():
			drain(ctx, s.Drain, e, server, conns, l)
		case <-running.Done():
			_ = server.Close() // why it ended is in the group's error
		}
		return nil
	})
	s.Logger.Info("serving", "address", l.Addr().String())
	s.Started()
	return group.Wait()
}

// forRequests is how long plain requests may take to end after the sockets are
// closed.
const forRequests = 3 * time.Second

func drain(ctx context.Context, within time.Duration, e *edge.Edge, server *http.Server, conns *busy, l net.Listener) {
	ctx = context.WithoutCancel(ctx)
	sockets, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	e.Drain(sockets)
	requests, cancelRequests := context.WithTimeout(ctx, forRequests)
	defer cancelRequests()
	closeServer(requests, server, conns, l)
}

// lookEvery is how often a wait looks at what it waits for.
const lookEvery = 5 * time.Millisecond

// closeServer ends the server so that whoever could connect gets an answer.
// http.Server.Shutdown alone drops requests that come in on connections which
// were just made, and a POST that was dropped cannot be repeated blindly. So:
// first no connection begins any more, then every answer closes its connection,
// and when no request is left, or ctx ends, the rest is closed.
func closeServer(ctx context.Context, server *http.Server, conns *busy, l net.Listener) {
	quiet(ctx, l)
	server.SetKeepAlivesEnabled(false)
	conns.rest(ctx)
	_ = server.Close() // idle connections, and what had its time
}

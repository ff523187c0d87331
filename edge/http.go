package edge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// routes puts everything that a client can reach on one handler.
func (e *Edge) routes() (http.Handler, error) {
	mux := http.NewServeMux()
	e.documentRoutes(e.operations(mux), mux)
	if e.Page == nil {
		return nil, errors.New("no page to serve")
	}
	page, err := newPage(e.Page)
	if err != nil {
		return nil, fmt.Errorf("the page: %w", err)
	}
	mux.Handle("/", e.fallback(mux, page))
	return e.outermost(mux), nil
}

// operations registers everything that the OpenAPI document describes.
func (e *Edge) operations(mux *http.ServeMux) *api {
	a := newAPI(e, mux)
	e.sessionRoutes(a)
	e.accountRoutes(a)
	e.deviceRoutes(a)
	e.keyRoutes(a)
	e.tokenRoutes(a)
	e.staffRoutes(a)
	e.roomRoutes(a)
	e.messageRoutes(a)
	e.searchRoutes(a)
	e.oneMessageRoutes(a)
	e.notificationRoutes(a)
	e.liveRoutes(a, mux)
	e.oidcRoutes(a, mux)
	return a
}

// fallback answers what no route matched: with a file of the page, or with
// the problem that fits.
func (e *Edge) fallback(mux *http.ServeMux, page *page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if allowed := allowedMethods(mux, r); len(allowed) > 0 {
			notAllowed(w, r, allowed)
			return
		}
		if page.serve(w, r) {
			return
		}
		writeProblem(w, newProblem(r.Context(), chat.NotFound, chat.NothingHere().Detail))
	})
}

// allowedMethods returns the methods for which the path has a route of its own.
func allowedMethods(mux *http.ServeMux, r *http.Request) []string {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = method
		if _, pattern := mux.Handler(probe); pattern != "/" && pattern != "" {
			allowed = append(allowed, method)
		}
	}
	return allowed
}

// outermost is what every request passes: its trace, the headers that every
// answer has, the check that no other site's page caused it, a bound on bodies that nobody reads, the metrics, and the last
// resort for a defect.
func (e *Edge) outermost(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ctx := events.WithTrace(r.Context())
		r = r.WithContext(ctx)
		out := &recorder{ResponseWriter: w}
		secure(out.Header())
		if r.ContentLength != 0 { // a body that no operation reads must not hold the connection
			http.NewResponseController(w).SetReadDeadline(start.Add(bodyTime))
		}
		defer func() {
			if cause := recover(); cause != nil {
				e.recovered(ctx, out, r, cause)
			}
			e.observe(ctx, out, r, time.Since(start))
		}()
		if err := e.foreign.Check(r); err != nil {
			writeProblem(out, e.problem(ctx, &chat.Error{Code: chat.Forbidden, Cause: err,
				Detail: "A page of another site may not do this: its origin is not one of natter's."}))
			return
		}
		if crooked(r.URL.EscapedPath()) {
			writeProblem(out, newProblem(ctx, chat.BadRequest, "The address has an empty part, or one of dots."))
			return
		}
		mux.ServeHTTP(out, r)
	})
}

// crooked reports whether a path to the API is one that net/http would redirect to
// another, such as that of a message instead of its reaction "..".
func crooked(at string) bool {
	straight := path.Clean(at)
	if strings.HasSuffix(at, "/") && straight != "/" {
		straight += "/"
	}
	return at != straight && (strings.HasPrefix(at, "/api/") || strings.HasPrefix(straight, "/api/"))
}

// recovered answers for a handler that panicked, if nothing was answered yet.
func (e *Edge) recovered(ctx context.Context, out *recorder, r *http.Request, cause any) {
	if cause == http.ErrAbortHandler {
		panic(cause)
	}
	e.Logger.ErrorContext(ctx, "a request panicked", "trace", traceID(ctx), "method", r.Method, "route", r.Pattern, "cause", cause)
	if out.status == 0 {
		writeProblem(out, newProblem(ctx, chat.Internal, "Something is broken in natter. The trace helps its operator to find it."))
	}
}

// observe counts the request and logs it.
func (e *Edge) observe(ctx context.Context, out *recorder, r *http.Request, took time.Duration) {
	route := r.Pattern
	if route == "" {
		route = "none"
	}
	status := out.status
	if status == 0 {
		status = http.StatusOK
	}
	e.metrics.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	if !out.hijacked && !out.streamed {
		e.metrics.duration.WithLabelValues(route).Observe(took.Seconds())
	}
	e.Logger.DebugContext(ctx, "request", "trace", traceID(ctx), "method", r.Method, "route", route, "status", status, "took", took)
}

// secure sets what every answer carries. The policy lets the page load nothing
// from elsewhere and be framed by nobody.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// Server returns the HTTP server for the edge, without an address. Headers
// must come within 10 s and fit 16 KiB (431), bodies have their own deadline;
// there is no deadline for answers, because sockets and streams last.
func (e *Edge) Server() *http.Server {
	return &http.Server{
		Handler:           e.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16<<10 - 4096, // net/http adds 4 KiB of its own
	}
}

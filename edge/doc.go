// Package edge is the role that clients talk to: HTTP, WebSocket and SSE on one
// handler. An edge keeps nothing: any number of them run side by side, and any
// client may use any of them at any time.
//
// Use. New takes a Config and Deps, which cmd fills: the log, and storage
// through the small interfaces of store.go. Run owns the feeds, the hub and the
// watch for revoked sessions; Server serves Handler; Drain closes the sockets
// before a restart. Ready does not ask PostgreSQL, because posting and live
// delivery go on without it.
//
// Actions (actions*.go) are one function each, for HTTP and WebSocket alike:
// a rule stands in one place. What guards an invariant is decided in
// PostgreSQL and published from its outbox; everything else is published, and
// true once the log has it. Reads (history.go, list_*.go) are the rows up to
// their offset and the log after it, so that they are complete however far
// behind the persister is. Old pages are kept (pages.go), and memberships are
// asked for many people at once (asker.go).
//
// The hub (hub*.go) has a topic for each room and person with somebody
// listening here. A topic hears its subject in order and without a hole, and
// every event is encoded once. A subscription sees each event once, in order,
// contiguously, or a reset before a hole. A connection (conn*.go, sse*.go) that
// does not keep up with its bounded queue is closed with a reason and resumes
// from its position: nobody waits for it, and nothing is skipped.
//
// Presence (presence*.go) is who is connected to any edge that lives: edges
// tell one another in numbered words over core NATS, and ask where one is
// missing. Whoever watches a room gets a snapshot and then every change, once and
// in order, for as long as their subscription lasts. Locks are taken in the order
// topic, presence, connection.
//
// Sessions (sessions*.go): connecting registers first and checks second,
// revoking marks first and closes second, so that one of them sees the other.
// An edge that may not be hearing asks PostgreSQL, and fails closed.
//
// Errors are *chat.Error; errors.go maps their codes to statuses and logs their
// causes under the request's trace id. What clients see by number or name
// stands in codes.go and is append-only.
//
// Tests use a real NATS and a real PostgreSQL: env_test.go makes a world with
// as many edges as a test wants, in which nothing is stored until it says so.
package edge

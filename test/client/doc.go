// Package client speaks docs/protocol.md and checks, as it goes, that natter
// keeps it. The whole-system tests and the load tool use it; it knows nothing
// of natter's inside beyond the events' envelope and the form of positions.
//
// A Client is one login of one person, at one edge at a time; At moves it.
// Its methods are the HTTP requests. A Socket is one WebSocket connection.
// Live is what a correct client does: it keeps a socket open, resumes from its
// positions and repeats posts with their key. A Stream is one SSE connection.
//
// Sockets write down what they see in a Journal: every event of every room, in
// the order of arrival. The journal compares as it writes, and Violations
// lists each promise that was broken: an event that came twice, a prev that
// does not continue what came before, an event of a room without subscription.
// A Journal outlives its sockets, so that a resumed connection is checked
// against the one before it.
//
// All methods may be used from several goroutines. Everything that waits takes
// a context and ends with it. Errors that natter answered are *Problem.
package client

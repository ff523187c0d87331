// Package load is the client side of a load: sockets that post at given times
// and check every event that they receive.
//
// A Conn is one person's WebSocket. It reads frames where they lie in its
// buffer, so that checking a delivery costs a fraction of what natter spends on
// it. For each room it follows, a seat compares every event with the one before
// it: a step back is reordered, the same seq again is duplicated, a prev that
// does not continue is lost. At the end Settle compares what each seat has
// counted with the ledger of what was acknowledged.
//
// Load is open: Pace calls at the times of a schedule, however slow the answers
// are, and latencies are measured from the scheduled time. A stall is seen by
// all posts that fell into it (no coordinated omission).
package load

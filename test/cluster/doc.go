// Package cluster runs a private natter of real processes for the whole-system
// tests and the fault campaign: one NATS server or three, a PostgreSQL server,
// edges, persisters and notifiers, on free ports of addresses that nobody else
// reaches.
//
// Every process can be killed, stopped, continued, asked to end and started
// again at the same address. What they log is kept in files and returned by
// Logs; a data race that one of them reports fails the test that notices.
//
// Faults are made from outside. The servers can be locked, frozen, filled up
// with connections, deprived of a leader or a consumer; a Proxy between an edge
// and NATS drops what it is told to drop. Where Options.Network gives each
// process a network namespace of its own, Partition cuts the links between them,
// in both directions or in one, and counts the packets that it swallows. All of
// it is in namespaces that end with this program, however it ends: see Isolate.
//
// Nothing here sleeps and hopes: every wait polls a condition until a deadline.
package cluster

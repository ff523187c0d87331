// Package cluster runs a private natter of real processes for the whole-system
// tests: a NATS server, a PostgreSQL server, edges, persisters and notifiers,
// built with the race detector, on free ports of the loopback interface.
//
// Every process can be killed, stopped, continued, asked to end and started
// again at the same address. What they log is kept in files and printed by
// DumpLogs; a data race that one of them reports fails the test that notices.
//
// Audit compares the log, entry by entry, with what PostgreSQL holds. Proxy
// stands between an edge and NATS and drops what it is told to drop.
//
// Nothing here sleeps and hopes: every wait polls a condition until a deadline.
package cluster

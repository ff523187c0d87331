// Package jetstream is the log: a handful of JetStream streams that hold the
// truth about what happened, and the ways to write, read, follow and consume
// them. It is the only package that imports nats.go.
//
// Writing. Publish and PublishAsync return after the broker stored the event
// durably. One publisher per stream collects what arrives while a publish is in
// flight and sends it as one atomic batch (group commit): order is the order of
// the calls, and a lone event never waits. A broken connection or an election
// is retried for up to PublishDeadline with the same message ids; then the
// outcome is unknown, and the caller is told so.
//
// Reading. Read, ReadBack, Get and Last use batched direct gets: no consumer is
// created, nothing is left behind.
//
// Following. A Feed turns the republished copies (core NATS, at most once) into
// a contiguous sequence of events per subject: it sees a hole by the previous
// sequence that the server puts on each copy, and fills it from the log. A
// Listener is called from a shard's goroutine and must not block: its shard's
// other subjects would wait.
//
// Talking. A Talk is core NATS for what need not be kept: at most once, in one
// process's order, on a connection of its own.
//
// Consuming. Work runs one durable pull consumer shared by all instances of a
// role, one of them active. The Worker's own offset is the truth: batches that
// do not continue it are fetched again from there, and a permanent failure goes
// to the dead letters with its reason. A Preparer works on the next batch while
// one is applied. At most four are in memory: three of 1 024 entries or 2 MiB each,
// and in the client the rest of a fetch, of 1 024 entries whatever their size.
//
// Tests use a real server: internal/testenv.NATS.
package jetstream

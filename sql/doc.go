// Package sql is natter's storage: the schema, the commands that guard an
// invariant, the questions an edge asks, and the tables that are folded from
// the log. It is the only package that imports pgx.
//
// # Two kinds of tables
//
// Table-first (users, sessions, tickets, rooms, members, invitations): one
// transaction decides and writes its event into the outbox. FlushOutbox then
// publishes it. Within a subject the outbox's order is the order of the
// decisions, because whoever writes one holds the lock of its room or session.
//
// Projected (events with mentions, amendments, reactions and pins; search with search_pieces,
// read_markers, notifications, audit, dead_letters, offsets): a Projection
// applies batches of the log. Rows and offset commit in one transaction, so that
// dropping the rows and the offsets and replaying the log gives identical rows.
// Applying twice does no harm.
//
// # Locks
//
// Rows are locked in one order, so that commands wait for one another and never
// deadlock: users (by id), then a room or a session, then the outbox.
//
// # Errors and time
//
// What a client may see is a *chat.Error. A database that cannot be reached, or
// that is too slow, is chat.Unavailable with its cause; a lost connection at a
// commit is chat.OutcomeUnknown. Every call ends within a few seconds, whatever
// the caller's context says; statements are also bounded by the server.
//
// # Testing
//
// Tests run on a real server, with a private database each: see
// internal/testenv.Postgres.
package sql

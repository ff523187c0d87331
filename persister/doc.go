// Package persister folds the log into PostgreSQL's tables: CHAT, READS and
// NOTIFY, each by a work loop of its own, so that none waits for another.
//
// Any number of instances run side by side; for each stream one is active.
// Rows and the offset up to which they are true commit together, and only then
// is the log told. The offset fences: an instance that was stopped, replaced
// and continued commits nothing. While the database is down work waits and
// nothing becomes a dead letter; what the database refuses for ever does, and
// what follows goes on.
//
// CHAT's entries all have their row, known or not. Of READS and NOTIFY, what is
// not known is passed over.
//
// What people delete it erases from CHAT, once the tables have committed to it:
// table erasures says what is due, so that a crash in between delays it only.
//
// Beside that it does two chores, in every instance: it publishes what is left
// in the outbox by an edge that died between its commit and its publish, and
// deletes tickets and sessions that nobody can use any more.
package persister

// Package notifier reads CHAT and decides who must be told of what: a mention, a
// reply, a direct message, an invitation, another role, any message for whoever
// wants to hear all. What it decides goes to NOTIFY. It repeats no text: a message
// that is deleted is so in one place.
//
// Its output is its own offset. The notifications that a batch of entries
// causes are appended to NOTIFY together with the notifier's cursor, as one
// atomic batch that holds only if nobody else has moved the cursor. So each
// person is told of an event once: after a crash anywhere, after hours of
// standing still, and when two instances each believe to be the active one. It
// keeps nothing else, neither in memory nor in a database.
//
// For each batch it asks People once who is in the rooms, what they want to hear
// and how far they have read. While nobody can say, it waits. A decision is taken
// once: a crash before the batch is in NOTIFY takes it anew, one after it never.
//
// Where nothing has to be told the cursor is written every cursorEvery entries
// and while idle only: reading entries again that cause nothing is harmless.
//
// The rules are in rules.go, a pure function. An event that names somebody who
// cannot exist goes to the dead letters.
package notifier

// Package notifier reads CHAT and decides who must be told of what: a mention,
// a direct message, an invitation. What it decides goes to NOTIFY.
//
// Its output is its own offset. The notifications that a batch of entries
// causes are appended to NOTIFY together with the notifier's cursor, as one
// atomic batch that holds only if nobody else has moved the cursor. So each
// person is told of an event once: after a crash anywhere, after hours of
// standing still, and when two instances each believe to be the active one. It
// keeps nothing else, neither in memory nor in a database.
//
// Where nothing has to be told the cursor is written every cursorEvery entries
// and while idle only: reading entries again that cause nothing is harmless.
//
// The rules are in rules.go, a pure function. An event that names somebody who
// cannot exist goes to the dead letters.
package notifier

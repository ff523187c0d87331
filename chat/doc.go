// Package chat is natter's vocabulary: users, sessions, rooms, members,
// positions and cursors, the rules for names, texts and keys, and the errors
// that people see. Every other package may use it; it uses only events.
//
// The rules are shared so that what an edge accepts, PostgreSQL accepts: a text
// or name that passes here can be stored.
package chat

// Package events is the contract between natter's roles: every event, its
// subject, payload, stream and readers. Start with Table in events.go.
//
// An event is a small JSON envelope (Event). An Entry is an event as it stands
// in the log, with its sequence. A room is one subject, chat.<room>; the stream
// sequence is the room's order for everybody.
//
// Decode is strict about the envelope and about payloads it knows, and carries
// unknown types, unknown fields and newer versions through. The package uses
// the standard library only and holds no state.
package events

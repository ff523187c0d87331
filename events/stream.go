package events

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Stream is the name of a stream of the log.
type Stream string

const (
	Chat     Stream = "CHAT"     // chat.<room>: what happened in rooms, the order of each room
	Reads    Stream = "READS"    // read.<room>: read markers
	Notify   Stream = "NOTIFY"   // notify.<user>: what a person must be told
	Sessions Stream = "SESSIONS" // session.<session>: revocations
	Dead     Stream = "DEAD"     // dead.<consumer>: what could not be applied, with its reason
)

// Streams lists the streams in the order in which they are set up.
var Streams = []Stream{Chat, Reads, Notify, Sessions, Dead}

var prefixes = map[Stream]string{Chat: "chat.", Reads: "read.", Notify: "notify.", Sessions: "session.", Dead: "dead."}

// Prefix returns the first token of the stream's subjects with its dot, such
// as "chat.". The second token is a UUID, or a consumer's name in DEAD.
func (s Stream) Prefix() string { return prefixes[s] }

// Subject returns the subject of scope in the stream. It panics if scope is
// not a UUID: ids are checked where they enter, long before they get here.
func (s Stream) Subject(scope string) string {
	if !IsID(scope) {
		panic(fmt.Sprintf("events: %q is no id for a subject of %s", scope, s))
	}
	return s.Prefix() + scope
}

// StreamOf returns the stream that holds subject.
func StreamOf(subject string) (Stream, bool) {
	for _, s := range Streams {
		if strings.HasPrefix(subject, s.Prefix()) {
			return s, true
		}
	}
	return "", false
}

// Subject returns the subject on which the event is published. It panics on a
// type that the table does not know.
func (e Event) Subject() string {
	row, ok := Lookup(e.Type)
	if !ok {
		panic(fmt.Sprintf("events: no subject for %q", e.Type))
	}
	return row.Stream.Subject(e.Scope)
}

// Lookup returns the table's row for a type.
func Lookup(t Type) (Row, bool) {
	for _, row := range Table {
		if row.Type == t {
			return row, true
		}
	}
	return Row{}, false
}

// check reports whether data fits the row's payload.
func (r Row) check(data json.RawMessage) error {
	if len(data) == 0 || data[0] != '{' {
		return fmt.Errorf("data is not an object")
	}
	return json.Unmarshal(data, reflect.New(reflect.TypeOf(r.Payload)).Interface())
}

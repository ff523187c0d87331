package events

import (
	"bytes"
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
	Audit    Stream = "AUDIT"    // audit.<user>: what happened to accounts
	Dead     Stream = "DEAD"     // dead.<consumer>: what could not be applied, with its reason
)

// Streams lists the streams in the order in which they are set up.
var Streams = []Stream{Chat, Reads, Notify, Sessions, Audit, Dead}

var prefixes = map[Stream]string{Chat: "chat.", Reads: "read.", Notify: "notify.", Sessions: "session.", Audit: "audit.", Dead: "dead."}

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
	payload := reflect.New(reflect.TypeOf(r.Payload)).Interface()
	if err := json.Unmarshal(data, payload); err != nil {
		return err
	}
	if names, ok := payload.(interface{ people() []Person }); ok {
		for _, p := range names.people() {
			if !IsID(p.ID) {
				return fmt.Errorf("%.40q is no person's id", p.ID)
			}
		}
	}
	return nil
}

// holdsNUL reports whether a string of the JSON text holds a NUL, which can
// only stand there as the escape \u0000.
func holdsNUL(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 || i+1 >= len(text) {
			return false
		}
		if bytes.HasPrefix(text[i+1:], []byte("u0000")) {
			return true
		}
		text = text[i+2:]
	}
}

func (d *MemberJoinedData) people() []Person  { return []Person{d.User} }
func (d *MemberLeftData) people() []Person    { return []Person{d.User} }
func (d *MemberInvitedData) people() []Person { return []Person{d.User} }
func (d *MemberChangedData) people() []Person { return []Person{d.User} }
func (d *MessagePostedData) people() []Person {
	all := d.Mentions
	if d.Direct != nil {
		all = append([]Person{*d.Direct}, all...)
	}
	if d.Reply != nil {
		all = append([]Person{d.Reply.User}, all...)
	}
	return all
}
func (d *MessageEditedData) people() []Person {
	return append(d.Added[:len(d.Added):len(d.Added)], d.Mentions...)
}
func (d *MessageDeletedData) people() []Person { return []Person{d.User} }
func (d *MessageErasedData) people() []Person  { return []Person{d.By} }

package events

import (
	"fmt"
	"strings"
)

// Word is a kind of what edges tell one another over core NATS: at most once,
// and kept nowhere. Words are no events, and no stream holds them.
type Word string

// The words, as the first token of their subjects with its dot.
const (
	Presence Word = "presence." // presence.<edge>: who is connected there, as it changes
	Roll     Word = "roll."     // roll.<edge>: asks that edge for all who are connected to it
	Typing   Word = "typing."   // typing.<room>: somebody types
)

// Subject returns the subject of the word about an edge or a room. It panics if
// scope is not a UUID, for the reason that Stream.Subject does.
func (w Word) Subject(scope string) string {
	if !IsID(scope) {
		panic(fmt.Sprintf("events: %q is no id for a subject of %s", scope, w))
	}
	return string(w) + scope
}

// All is the subject of the word about whatever it may be about.
func (w Word) All() string { return string(w) + "*" }

// WordOf takes a subject apart; ok is false for what is no word's.
func WordOf(subject string) (w Word, scope string, ok bool) {
	for _, w := range []Word{Presence, Roll, Typing} {
		if scope, found := strings.CutPrefix(subject, string(w)); found && IsID(scope) {
			return w, scope, true
		}
	}
	return "", "", false
}

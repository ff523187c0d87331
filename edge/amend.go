package edge

import (
	"bytes"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// amendment is an event of the log that changes how an earlier message is shown.
type amendment struct {
	seq    uint64 // its own
	target uint64 // the message's
	ev     events.Event
}

// amendmentOf returns what ev amends; ok is false for every other event.
func amendmentOf(seq uint64, ev events.Event) (a amendment, ok bool) {
	target := chat.Target(seq, ev)
	return amendment{seq, target, ev}, target != 0
}

// plainMessage reports whether an entry's body surely is a message.posted, which
// amends nothing, without decoding it.
func plainMessage(body []byte) bool { return bytes.HasPrefix(body, postedPrefix) }

var postedPrefix = []byte(`{"type":"message.posted"`)

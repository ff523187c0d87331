package edge

import (
	"bytes"
	"slices"

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

// rewording returns what ev does to an earlier message's text, or nil.
func rewording(seq uint64, ev events.Event) *amendment {
	if ev.Type != events.MessageEdited && ev.Type != events.MessageDeleted {
		return nil
	}
	a, ok := amendmentOf(seq, ev)
	if !ok {
		return nil
	}
	return &a
}

// deletesEdit reports whether a, a deletion, takes the edit with it: it is the
// author's edit of the message.
func (a amendment) deletesEdit(edit amendment) bool {
	if edit.ev.Type != events.MessageEdited || edit.target != a.target {
		return false
	}
	gone, err := events.DataOf[events.MessageDeletedData](a.ev)
	return err == nil && gone.User.ID == edit.ev.Actor.ID
}

// deletedPrefix begins the body of a deletion as edges write it.
var deletedPrefix = []byte(`{"type":"message.deleted"`)

// withoutDeleted takes the text of deleted messages out of what was read from
// the log: the persister erases them there some time after their deletion, which
// stands among the entries or in further. A message becomes message.erased,
// its edits unreadable: everybody passes over them.
func withoutDeleted(entries []events.Entry, further ...amendment) []events.Entry {
	gone := map[uint64]amendment{}
	for _, a := range append(deletionsIn(entries), further...) {
		gone[a.target] = a
	}
	if len(gone) == 0 {
		return entries
	}
	out := slices.Clone(entries)
	for i := range out {
		out[i].Body = bodyWithout(out[i], gone)
	}
	return out
}

// deletionsIn returns the deletions among what was read from the log.
func deletionsIn(entries []events.Entry) (all []amendment) {
	for _, entry := range entries {
		if !bytes.HasPrefix(entry.Body, deletedPrefix) {
			continue
		}
		if ev, _, ok := readable(entry); ok {
			if a := rewording(entry.Seq, ev); a != nil {
				all = append(all, *a)
			}
		}
	}
	return all
}

// bodyWithout returns an entry's body as it may be told; nil: not at all.
func bodyWithout(entry events.Entry, gone map[uint64]amendment) []byte {
	if plainMessage(entry.Body) {
		if a, ok := gone[entry.Seq]; ok {
			now, _ := chat.Amend(chat.Item{Seq: entry.Seq, Event: entry.Body}, a.seq, a.ev)
			return now.Event
		}
		return entry.Body
	}
	ev, body, ok := readable(entry)
	if !ok {
		return entry.Body
	}
	if edit := rewording(entry.Seq, ev); edit != nil {
		if a, ok := gone[edit.target]; ok && a.deletesEdit(*edit) {
			return nil
		}
	}
	return body
}

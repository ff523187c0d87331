package laws

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/natter-chat/natter/events"
)

// Sum is short for what an event says: who, when, what kind, which words. Two
// that differ have different sums, wherever they were read.
func Sum(e events.Event) string {
	text := ""
	if e.Type == events.MessagePosted {
		if data, err := events.DataOf[events.MessagePostedData](e); err == nil {
			text = data.Text
		}
	}
	return hash(e.ID, string(e.Type), e.Scope, e.Actor.ID, fmt.Sprint(e.Time.UnixMilli()), text)
}

// EditedText returns what a message says that is shown as edited, "" of any other
// event.
func EditedText(e events.Event) string {
	if e.Type != events.MessagePosted {
		return ""
	}
	data, err := events.DataOf[events.MessagePostedData](e)
	if err != nil || data.Edited == nil {
		return ""
	}
	return data.Text
}

// SumOf is the sum of a page, from those of its events in its order.
func SumOf(sums []string) string { return hash(sums...) }

func hash(parts ...string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(parts, "\x00")))
	return fmt.Sprintf("%016x", h.Sum64())
}

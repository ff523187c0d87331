package edge

import (
	"bytes"
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// quote fills in what the replies among items answer, where the rows have not
// done so, as far as the reader may see it.
func (e *Edge) quote(ctx context.Context, who chat.Principal, items []chat.Item) error {
	return nil
}

var replyWord = []byte(`"reply":{`)

// replyOf returns what an event answers, if it is a reply.
func replyOf(body []byte) *events.Reply {
	if !bytes.Contains(body, replyWord) {
		return nil
	}
	ev, err := events.Decode(body)
	if err != nil || ev.Type != events.MessagePosted {
		return nil
	}
	data, err := events.DataOf[events.MessagePostedData](ev)
	if err != nil {
		return nil
	}
	return data.Reply
}

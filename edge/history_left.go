package edge

import (
	"bytes"
	"context"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// longPage is how long reading a page may take before the membership under
// which it was read is looked up again.
const longPage = 250 * time.Millisecond

// history is roomPage for somebody who may leave the room while it is read, for
// a log that stalls can make that seconds: nothing that was said after it may
// reach them. Their leave stands in the page, which ends there; where it may lie
// before the page, or the page took long, they are looked up again, and who has
// left gets what a stranger gets.
func (e *Edge) history(ctx context.Context, who chat.Principal, room string, q pageQuery) (Page, error) {
	began := e.Now()
	read, err := e.roomPage(ctx, who, room, q)
	if err != nil {
		return Page{}, err
	}
	if read.blind || e.Now().Sub(began) > longPage {
		again, err := e.membership(ctx, who, room)
		if err != nil {
			return Page{}, err
		}
		if again.Rev != read.rev { // they left, and came back
			return Page{}, &chat.Error{Code: chat.Unavailable, Detail: "You left this room just now. Ask again."}
		}
	}
	return e.untilLeft(read.Page, who.User.ID, read.rev), nil
}

// untilLeft cuts a page behind the reader's own leave, after which the
// membership of revision rev is over.
func (e *Edge) untilLeft(page Page, user string, rev uint64) Page {
	for i, item := range page.Items {
		if !bytes.Contains(item.Event, leftWord) || !bytes.Contains(item.Event, []byte(user)) {
			continue
		}
		ev, err := events.Decode(item.Event)
		if err != nil || ev.Type != events.MemberLeft {
			continue
		}
		data, err := events.DataOf[events.MemberLeftData](ev)
		if err == nil && data.User.ID == user && data.Rev > rev {
			page.Newer = ""
			page.Items, page.Position = page.Items[:i+1], e.position(events.Chat, item.Seq)
			break
		}
	}
	return page
}

var leftWord = []byte(events.MemberLeft)

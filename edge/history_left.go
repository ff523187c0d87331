package edge

import (
	"bytes"
	"context"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// longPage is how long reading a page may take before the membership under
// which it was read is looked up again, and before whoever waits for it reads
// for themselves.
const longPage = 250 * time.Millisecond

// history returns a page for somebody who may leave the room while it is read:
// nothing that was said after it may reach them.
//
// A page whose rows lie at or below the offset that was read with them is the
// same for everybody who sees the whole room, until a message on it is edited,
// deleted, reacted to or pinned: lines are only added, and above the offset. Such
// a page is kept: while this edge hears the room, until it hears of a change;
// else while the tables have none. Who asks for it is looked up after
// it is at hand, by a query that begins then: whoever is a member in that moment
// was one when the last word of the page was said. Who has been away sees a part
// only, and gets a page of their own.
func (e *Edge) history(ctx context.Context, who chat.Principal, room string, q pageQuery) (Page, error) {
	at, err := e.spotOf(ctx, room, q)
	if err != nil {
		return Page{}, err
	}
	kept, done := e.pages.find(ctx, at)
	if kept == nil {
		return e.readHistory(ctx, who, at, done)
	}
	m, err := e.membership(ctx, requestPatience, who, room)
	if err != nil {
		return Page{}, err
	}
	switch {
	case m.From > 0:
		return e.readHistory(ctx, who, at, func(*oldPage) {})
	case m.Amended != kept.amended && !e.hub.hears(room):
		e.pages.forget(room)
		return e.readHistory(ctx, who, at, e.pages.begin(at, nil))
	}
	e.pages.served(at, "memory")
	return Page{body: kept.body}, nil
}

// readHistory reads the page as this reader sees it, and has it kept if it can be.
func (e *Edge) readHistory(ctx context.Context, who chat.Principal, at pageSpot, done func(*oldPage)) (Page, error) {
	var keep *oldPage
	defer func() { done(keep) }()
	began := e.Now()
	read, err := e.roomPage(ctx, who, at)
	if err != nil {
		return Page{}, err
	}
	e.pages.served(at, "tables")
	if !read.settled {
		return e.unlessLeft(ctx, who, at.room, read, e.Now().Sub(began))
	}
	read.body = read.encode()                             // of one snapshot with the membership: nobody had left
	if at.incarnation == e.Log.Incarnation(events.Chat) { // the positions in it are of that life of the log
		keep = &oldPage{read.body, read.amended}
	}
	return read.Page, nil
}

// unlessLeft is for a page of which a part was read from the log, which can
// stall for seconds. The reader's leave stands in the page, which ends there;
// where it may lie before the page, or the page took long, they are looked up
// again, and who has left gets what a stranger gets.
func (e *Edge) unlessLeft(ctx context.Context, who chat.Principal, room string, read pageRead, took time.Duration) (Page, error) {
	if read.blind || took > longPage {
		again, err := e.membership(ctx, requestPatience, who, room)
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

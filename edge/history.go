package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Page is a part of a room's history, ascending, complete up to the moment of
// the request.
type Page struct {
	Items    []chat.Item `json:"items" nullable:"false"`
	Position string      `json:"position" doc:"A subscription after it misses nothing that follows the page"`
	Older    string      `json:"older,omitempty" doc:"Pass as before; absent at the beginning"`
	Newer    string      `json:"newer,omitempty" doc:"Pass as after; absent at the end"`
}

// pageQuery asks for a page: the newest, the one before a position, or the one
// after it.
type pageQuery struct {
	before, after string
	limit         int
}

// roomPage returns a page of what this membership may see. It is made of the
// rows up to their offset and of the log after it, so that it is complete
// however far behind the persister is. Rows come first: what moves from the log
// to the rows meanwhile lies behind the offset that was read with the rows.
func (e *Edge) roomPage(ctx context.Context, m chat.Membership, q pageQuery) (Page, error) {
	if q.before != "" && q.after != "" {
		return Page{}, &chat.Error{Code: chat.BadRequest, Field: "after", Detail: "Ask for what is before or after a position, not both."}
	}
	floor := floorOf(m)
	state, err := e.bounds(ctx, events.Chat, floor)
	if err != nil {
		return Page{}, err
	}
	if floor > state.Last { // they came back, and the log has yet to hear of it
		return e.finishPage(Page{}, nil, state.Last), nil
	}
	if q.after != "" {
		after, err := e.cursor(ctx, events.Chat, "after", q.after)
		if err != nil {
			return Page{}, err
		}
		return e.pageAfter(ctx, m.Room.ID, max(after, floor), q.limit, after > floor)
	}
	var before uint64
	if q.before != "" {
		var err error
		if before, err = e.cursor(ctx, events.Chat, "before", q.before); err != nil {
			return Page{}, err
		}
		if before <= floor+1 {
			return e.finishPage(Page{}, nil, floor), nil
		}
	}
	return e.pageBefore(ctx, m.Room.ID, floor, before, q.limit)
}

// pageBefore returns the newest items with floor < seq < before (0: no bound).
func (e *Edge) pageBefore(ctx context.Context, room string, floor, before uint64, limit int) (Page, error) {
	want := limit + 1 // one more tells whether there is an older page
	rows, offset, err := e.Rows.RoomPage(ctx, room, floor, before, want, false)
	if err != nil {
		return Page{}, err
	}
	tail, end, err := e.tailBack(ctx, room, max(offset, floor), before, want)
	if err != nil {
		return Page{}, err
	}
	items := append(rows, tail...)
	items = items[max(0, len(items)-want):]
	page := Page{}
	if len(items) > limit {
		items = items[len(items)-limit:]
		page.Older = e.position(events.Chat, items[0].Seq)
	}
	if before != 0 && len(items) > 0 {
		page.Newer = e.position(events.Chat, items[len(items)-1].Seq)
	}
	return e.finishPage(page, items, max(end, floor)), nil
}

// pageAfter returns the oldest items with seq > after.
func (e *Edge) pageAfter(ctx context.Context, room string, after uint64, limit int, older bool) (Page, error) {
	want := limit + 1
	rows, offset, err := e.Rows.RoomPage(ctx, room, after, 0, want, true)
	if err != nil {
		return Page{}, err
	}
	items, end := rows, after
	if len(items) <= limit {
		tail, last, err := e.tailAhead(ctx, room, max(offset, after), want-len(items))
		if err != nil {
			return Page{}, err
		}
		items, end = append(items, tail...), max(after, last)
	}
	page := Page{}
	if len(items) > limit {
		items, end = items[:limit], after
		page.Newer = e.position(events.Chat, items[limit-1].Seq)
	}
	if older && len(items) > 0 {
		page.Older = e.position(events.Chat, items[0].Seq)
	}
	return e.finishPage(page, items, end), nil
}

// finishPage fills in what every page has. end is at least the sequence up to
// which the room was read.
func (e *Edge) finishPage(page Page, items []chat.Item, end uint64) Page {
	if len(items) > 0 {
		end = max(end, items[len(items)-1].Seq)
	}
	page.Items, page.Position = listOf(items), e.position(events.Chat, end)
	return page
}

package edge

import (
	"context"
	"encoding/json"
	"strconv"

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

	body rawJSON // the whole page, where it is kept as it goes out
}

// pageQuery asks for a page: the newest, the one before a position, or the one
// after it.
type pageQuery struct {
	before, after string
	limit         int
}

// pageRead is a page and what it was read under.
type pageRead struct {
	Page
	rev uint64 // the revision of the reader's membership
	// blind says that between the rows, which know who was a member, and the
	// page lies a part of the log that was not looked at.
	blind bool
	// settled says that the page will never be another, for anybody who sees
	// the whole room: it is made of rows, and none can come between them.
	settled bool
}

// spotOf checks what was asked for.
func (e *Edge) spotOf(ctx context.Context, room string, q pageQuery) (at pageSpot, err error) {
	if err := chat.CheckID("room", room); err != nil {
		return at, err
	}
	at = pageSpot{incarnation: e.Log.Incarnation(events.Chat), room: room, limit: q.limit}
	switch {
	case q.before != "" && q.after != "":
		return at, &chat.Error{Code: chat.BadRequest, Field: "after", Detail: "Ask for what is before or after a position, not both."}
	case q.after != "":
		at.after = true
		at.seq, err = e.cursor(ctx, events.Chat, "after", q.after)
	case q.before != "":
		at.seq, err = e.cursor(ctx, events.Chat, "before", q.before)
		at.seq = max(at.seq, 1)
	}
	return at, err
}

// roomPage returns a page of what this reader may see. It is made of the rows
// up to their offset and of the log after it, so that it is complete however far
// behind the persister is. Rows come first: what moves from the log to the rows
// meanwhile lies behind the offset that was read with the rows.
func (e *Edge) roomPage(ctx context.Context, who chat.Principal, at pageSpot) (pageRead, error) {
	if at.after {
		return e.pageAfter(ctx, who, at.room, at.seq, at.limit)
	}
	return e.pageBefore(ctx, who, at.room, at.seq, at.limit)
}

// notYet returns the page of somebody who came back before the log has heard
// of it: nothing, so far. ok is false for everybody else.
func (e *Edge) notYet(ctx context.Context, floor uint64) (page Page, ok bool, err error) {
	state, err := e.bounds(ctx, events.Chat, floor)
	if err != nil || floor <= state.Last {
		return Page{}, false, err
	}
	return e.finishPage(Page{}, nil, state.Last), true, nil
}

// pageBefore returns the newest items with seq < before (0: no bound).
func (e *Edge) pageBefore(ctx context.Context, who chat.Principal, room string, before uint64, limit int) (pageRead, error) {
	want := limit + 1 // one more tells whether there is an older page
	rows, err := e.Rows.RoomPage(ctx, who.User.ID, room, 0, before, want, false)
	if err != nil {
		return pageRead{}, err
	}
	floor := floorOf(rows.From)
	if page, ok, err := e.notYet(ctx, floor); ok || err != nil {
		return pageRead{Page: page, rev: rows.Rev}, err
	}
	late, err := e.lateOf(ctx, leaver{who.User.ID, rows.Rev}, room, rows.Offset)
	if err != nil {
		return pageRead{}, err
	}
	tail, end, err := e.tailBack(ctx, room, late, max(rows.Offset, floor), before, want)
	if err != nil {
		return pageRead{}, err
	}
	items := append(rows.Items, tail...)
	items = items[max(0, len(items)-want):]
	touched := late.apply(items)
	if err := e.quote(ctx, who, room, floor, items, late.amended); err != nil {
		return pageRead{}, err
	}
	var page Page
	if len(items) > limit {
		items = items[len(items)-limit:]
		page.Older = e.position(events.Chat, items[0].Seq)
	}
	if before != 0 && len(items) > 0 {
		page.Newer = e.position(events.Chat, items[len(items)-1].Seq)
	}
	return pageRead{
		Page: e.finishPage(page, items, max(end, floor)), rev: rows.Rev,
		blind:   page.Older != "" && items[0].Seq > rows.Offset,
		settled: rows.From == 0 && before != 0 && before <= rows.Offset+1 && !touched,
	}, nil
}

// pageAfter returns the oldest items with seq > after.
func (e *Edge) pageAfter(ctx context.Context, who chat.Principal, room string, after uint64, limit int) (pageRead, error) {
	want := limit + 1
	rows, err := e.Rows.RoomPage(ctx, who.User.ID, room, after, 0, want, true)
	if err != nil {
		return pageRead{}, err
	}
	floor := floorOf(rows.From)
	if page, ok, err := e.notYet(ctx, floor); ok || err != nil {
		return pageRead{Page: page, rev: rows.Rev}, err
	}
	late, err := e.lateOf(ctx, leaver{who.User.ID, rows.Rev}, room, rows.Offset)
	if err != nil {
		return pageRead{}, err
	}
	older := after > floor
	items, after := rows.Items, max(after, floor)
	end := after
	if len(items) <= limit {
		tail, last, err := e.tailAhead(ctx, room, late, max(rows.Offset, after), want-len(items))
		if err != nil {
			return pageRead{}, err
		}
		items, end = append(items, tail...), max(after, last)
	}
	touched := late.apply(items)
	if err := e.quote(ctx, who, room, floor, items, late.amended); err != nil {
		return pageRead{}, err
	}
	var page Page
	if len(items) > limit {
		items, end = items[:limit], after
		page.Newer = e.position(events.Chat, items[limit-1].Seq)
	}
	if older && len(items) > 0 {
		page.Older = e.position(events.Chat, items[0].Seq)
	}
	return pageRead{Page: e.finishPage(page, items, end), rev: rows.Rev, settled: rows.From == 0 && len(rows.Items) > limit && !touched}, nil
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

// encode writes the page by hand: its events are JSON already, and looking at
// each byte of them again would be a third of what a page costs.
func (p Page) encode() rawJSON {
	if p.body != nil {
		return p.body
	}
	size := 200
	for _, item := range p.Items {
		size += len(item.Event) + 40
	}
	out := append(make(rawJSON, 0, size), `{"items":[`...)
	for i, item := range p.Items {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendUint(append(out, `{"seq":`...), item.Seq, 10)
		out = append(append(out, `,"event":`...), item.Event...)
		out = append(appendBeside(out, item), '}')
	}
	out = appendMember(append(out, ']'), "position", p.Position)
	if p.Older != "" {
		out = appendMember(out, "older", p.Older)
	}
	if p.Newer != "" {
		out = appendMember(out, "newer", p.Newer)
	}
	return append(out, '}')
}

// appendMember appends a member whose value is a position: no escapes.
func appendMember(out []byte, name, position string) []byte {
	out = append(append(append(out, `,"`...), name...), `":"`...)
	return append(append(out, position...), '"')
}

// appendBeside appends what stands beside an event, where there is anything.
func appendBeside(out []byte, item chat.Item) []byte {
	if len(item.Reactions) > 0 {
		out = appendValue(out, "reactions", item.Reactions)
	}
	if item.Pinned {
		out = append(out, `,"pinned":true`...)
	}
	if item.Quote != nil {
		out = appendValue(out, "quote", item.Quote)
	}
	return out
}

func appendValue(out []byte, name string, value any) []byte {
	raw, err := json.Marshal(value)
	if err != nil {
		panic("edge: encode " + name + ": " + err.Error())
	}
	return append(append(append(out, `,"`...), name+`":`...), raw...)
}

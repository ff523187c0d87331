package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// A notification's excerpt is never in the log: it is filled in for whoever is
// shown the notification, from what the message says then. A deleted message has
// none, and somebody who is no longer in the room sees none.

// excerptTime bounds the look-up for a stream: a notification goes out without an
// excerpt rather than late.
const excerptTime = 2 * time.Second

// aboutMessage returns the message that a notification is about; ok is false if
// it is about none.
func aboutMessage(body []byte) (ev events.Event, data events.NotifiedData, spot chat.Spot, ok bool) {
	ev, err := events.Decode(body)
	if err != nil || ev.Type != events.Notified || ev.Version > events.Version {
		return ev, data, spot, false
	}
	if data, err = events.DataOf[events.NotifiedData](ev); err != nil || data.Room == "" {
		return ev, data, spot, false
	}
	switch data.Kind {
	case "mention", "reply", "direct", "message":
	default:
		return ev, data, spot, false
	}
	spot = chat.Spot{Room: data.Room, Seq: data.Seq}
	if data.Message != 0 {
		spot.Seq = data.Message
	}
	return ev, data, spot, true
}

// withExcerpts returns notifications as their reader is shown them. What cannot
// be looked up stays away.
func (e *Edge) withExcerpts(ctx context.Context, user string, bodies [][]byte) [][]byte {
	var spots []chat.Spot
	for _, body := range bodies {
		if _, _, spot, ok := aboutMessage(body); ok {
			spots = append(spots, spot)
		}
	}
	if len(spots) == 0 {
		return bodies
	}
	found, err := e.excerpts(ctx, user, spots)
	if err != nil {
		e.Logger.WarnContext(ctx, "notifications go out without excerpts", "trace", traceID(ctx), "error", err)
	}
	out := make([][]byte, len(bodies))
	for i, body := range bodies {
		out[i] = body
		// An event of an earlier version has a text of its own, which may be deleted since.
		if ev, data, spot, ok := aboutMessage(body); ok && found[spot] != data.Text {
			data.Text = found[spot]
			if raw, err := json.Marshal(data); err == nil {
				ev.Data = raw
				out[i] = ev.Encode()
			}
		}
	}
	return out
}

// excerpts returns what the messages say now, of those that the user may see:
// from what this edge has heard of their rooms, else from the rows and the log
// after them. After an error it has what it found.
func (e *Edge) excerpts(ctx context.Context, user string, spots []chat.Spot) (map[chat.Spot]string, error) {
	found := map[chat.Spot]string{}
	var ask []chat.Spot
	for _, spot := range spots {
		if quote, heard := e.hub.quote(user, spot); heard {
			found[spot] = quote.Excerpt
		} else {
			ask = append(ask, spot)
		}
	}
	if len(ask) == 0 {
		return found, nil
	}
	quotes, offset, err := e.Messages.Excerpts(ctx, user, ask)
	if err != nil {
		return found, err
	}
	rooms := map[string][]chat.Spot{}
	for _, spot := range ask {
		rooms[spot.Room] = append(rooms[spot.Room], spot)
	}
	behind, err := e.behind(ctx, slices.Collect(maps.Keys(rooms)), offset)
	if err != nil {
		return found, err
	}
	for room, spots := range rooms {
		if !behind[room] {
			for _, spot := range spots {
				found[spot] = quotes[spot].Excerpt
			}
		} else if err := e.lateExcerpts(ctx, user, room, spots, quotes, offset, found); err != nil {
			return found, err
		}
	}
	return found, nil
}

// lateExcerpts is excerpts for a room of which the rows lack something.
func (e *Edge) lateExcerpts(ctx context.Context, user, room string, spots []chat.Spot, quotes map[chat.Spot]chat.Quote, offset uint64, found map[chat.Spot]string) error {
	m, err := e.membership(ctx, requestPatience, chat.Principal{User: events.Person{ID: user}}, room)
	if isCode(err, chat.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	late, err := e.amendedSince(ctx, room, offset)
	if err != nil {
		return err
	}
	for _, spot := range spots {
		quote, known := quotes[spot]
		if !known && spot.Seq > offset && spot.Seq > floorOf(m.From) {
			logged, err := e.loggedMessage(ctx, room, spot.Seq)
			if err != nil {
				return err
			}
			if q := chat.QuoteOf(logged.Seq, logged.Event); q != nil {
				quote, known = *q, true
			}
		}
		if known {
			found[spot] = late.quoted(quote, offset).Excerpt
		}
	}
	return nil
}

// quote returns what a message says that this edge has heard; heard is false if
// it has not, or does not know the user as somebody who may see it.
func (h *hub) quote(user string, spot chat.Spot) (quote chat.Quote, heard bool) {
	m, ok := h.memberOf(user, spot.Room)
	if !ok || spot.Seq <= floorOf(m.From) {
		return quote, false
	}
	h.mu.RLock()
	t := h.topics[h.rooms.stream.Subject(spot.Room)]
	h.mu.RUnlock()
	if t == nil {
		return quote, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	items, ok := t.ring.after(spot.Seq - 1)
	if !ok || len(items) == 0 || items[0].seq != spot.Seq {
		return quote, false
	}
	q := chat.QuoteOf(spot.Seq, items[0].event)
	if q == nil {
		return quote, false
	}
	return *q, true
}

// notificationStart is what stands in a stream's frame before the data of a
// notification.
var notificationStart = []byte("\nevent: " + sseNotification + "\ndata: ")

// fill returns a stream's frames with the excerpts that belong into them.
func (s *stream) fill(ctx context.Context, frames [][]byte) [][]byte {
	var at []int
	var told []sseEventData
	var bodies [][]byte
	for i, frame := range frames {
		_, data, ok := bytes.Cut(frame, notificationStart)
		var d sseEventData
		if !ok || json.Unmarshal(bytes.TrimRight(data, "\n"), &d) != nil {
			continue
		}
		at, told, bodies = append(at, i), append(told, d), append(bodies, d.Event)
	}
	if len(at) == 0 {
		return frames
	}
	ctx, cancel := context.WithTimeout(ctx, excerptTime)
	defer cancel()
	codec := notifyCodec{s.hub.people.incarnation()}
	for i, body := range s.hub.edge.withExcerpts(ctx, s.who.User.ID, bodies) {
		if !bytes.Equal(body, bodies[i]) {
			frames[at[i]], _ = codec.event(events.Event{Type: events.Notified}, told[i].Seq, 0, body)
		}
	}
	return frames
}

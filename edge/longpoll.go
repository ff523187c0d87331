package edge

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Follow is what a long poll brings.
type Follow struct {
	Events   []Following `json:"events" nullable:"false"`
	Position string      `json:"position" doc:"Pass as after next time"`
}

// Following is an event with what stands before it.
type Following struct {
	Seq   uint64          `json:"seq"`
	Prev  uint64          `json:"prev" doc:"The seq that you had: the position's at first, then the event's before"`
	Event json.RawMessage `json:"event"`
}

const (
	maxWait    = 30 * time.Second
	followPage = chat.MaxPage
)

// follow returns the room's events after a position, waiting for the first of
// them for up to wait. It is the same feed as a socket's, for those who cannot
// hold one: contiguous, or a reset.
func (e *Edge) follow(ctx context.Context, who chat.Principal, room, after string, wait time.Duration) (Follow, error) {
	m, err := e.membership(ctx, requestPatience, who, room)
	if err != nil {
		return Follow{}, err
	}
	had, err := e.following(ctx, m, "after", after)
	if err != nil {
		return Follow{}, err
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	defer context.AfterFunc(e.leaving, cancel)()
	// Registered first, checked second: a logout that comes between is seen.
	poll := &poll{cancel}
	e.sessions.add(who.Session, poll)
	defer e.sessions.remove(who.Session, poll)
	for seq := had; ; { // seq grows over what cannot be decoded
		entries, err := e.readRoom(ctx, room, seq)
		if err != nil {
			return Follow{}, err
		}
		// What was read is shown only to a session that lives after it.
		if err := e.sessions.check(ctx, who.Session); err != nil {
			return Follow{}, err
		}
		if found := follows(who, m, had, entries); len(found) > 0 {
			end := found[len(found)-1].Seq
			return Follow{Events: found, Position: e.position(events.Chat, end)}, nil
		}
		seq = max(seq, lastSeq(entries))
		if e.hub.await(waiting, room, seq) == nil {
			continue
		}
		if err := e.sessions.check(ctx, who.Session); err != nil {
			return Follow{}, err
		}
		return Follow{Events: []Following{}, Position: e.position(events.Chat, seq)}, ctx.Err()
	}
}

// readRoom reads a page of a room from the log, without the text of what is
// deleted, be it pages later.
func (e *Edge) readRoom(ctx context.Context, room string, after uint64) ([]events.Entry, error) {
	entries, more, err := e.Log.Read(ctx, events.Chat.Subject(room), after, followPage)
	if err != nil || !more {
		return withoutDeleted(entries), err
	}
	gone, err := e.hub.deletedAfter(ctx, room, after)
	if errors.Is(err, errTooFar) {
		state, err := e.Log.State(ctx, events.Chat)
		if err != nil {
			return nil, err
		}
		return nil, e.resetTo(events.Chat, resetTooOld, state.Last)
	}
	return withoutDeleted(entries, gone...), err
}

// poll is a long poll as its session sees it: something that waits, and ends
// with the session.
type poll struct{ cancel context.CancelFunc }

func (p *poll) endSession(closeCode, string) { p.cancel() }

// follows turns entries into what a member may see: what cannot be decoded and
// what amends what was said before their return is left out, and nothing comes
// after their own leaving.
func follows(who chat.Principal, m chat.Membership, prev uint64, entries []events.Entry) []Following {
	var found []Following
	for _, entry := range entries {
		ev, body, ok := readable(entry)
		if !ok || aboutOf(entry.Seq, ev) < m.From {
			continue
		}
		found = append(found, Following{Seq: entry.Seq, Prev: prev, Event: body})
		prev = entry.Seq
		if l := leavingOf(ev); l != nil && l.user == who.User.ID && l.rev > m.Rev {
			break
		}
	}
	return found
}

package edge

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

const (
	// settleTime bounds the look-up of what a repeated key stands for.
	settleTime = 5 * time.Second

	// The log's tail that a look-up goes through: entries the tables have
	// not yet, of one room. More means that storing is far behind.
	tailPage  = 500
	tailPages = 200
)

// findPost looks for a message whose key is too old for the broker to
// remember: in the tables, then in what the log has after them. The order
// matters: what moves from the one to the other meanwhile is seen in both.
func (e *Edge) findPost(ctx context.Context, room, id string) (*chat.Item, error) {
	item, found, after, err := e.Rows.EventByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if found {
		return &item, nil
	}
	for range tailPages {
		entries, more, err := e.Log.Read(ctx, events.Chat.Subject(room), after, tailPage)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if bytes.Contains(entry.Body, []byte(id)) {
				if ev, err := entry.Event(); err == nil && ev.ID == id {
					return &chat.Item{Seq: entry.Seq, Event: entry.Body}, nil
				}
			}
			after = entry.Seq
		}
		if !more || len(entries) == 0 {
			return nil, nil
		}
	}
	return nil, &chat.Error{Code: chat.Unavailable, Detail: "An old key cannot be looked up right now. Nothing happened; try again later.", Cause: errors.New("the tables are too far behind the log")}
}

// settle answers a post that the broker knew already.
func (e *Edge) settle(ctx context.Context, ev events.Event, seq uint64, say saying) (Ack, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	entry, err := e.Log.Get(ctx, events.Chat, seq)
	if isCode(err, chat.NotFound) { // erased: the rows tell what stood there
		if first, wrong := e.findPost(ctx, ev.Scope, ev.ID); wrong == nil && first != nil {
			return e.sameAs(ctx, *first, say)
		}
	}
	if err != nil {
		return Ack{}, &chat.Error{Code: chat.OutcomeUnknown, Detail: "It was posted before, but cannot be compared right now. Send it again with the same key.", Cause: err}
	}
	return e.sameAs(ctx, chat.Item{Seq: seq, Event: entry.Body}, say)
}

// sameAs answers a repetition: what is stored under the key counts. Nobody knows
// any more what a deleted message said: its post gets the old answer.
func (e *Edge) sameAs(ctx context.Context, first chat.Item, say saying) (Ack, error) {
	ev, err := events.Decode(first.Event)
	if err != nil {
		return Ack{}, err
	}
	if ev.Type == events.MessageErased {
		return e.ackFor(ev.ID, first.Seq), nil
	}
	data, err := events.DataOf[events.MessagePostedData](ev)
	if err != nil {
		return Ack{}, err
	}
	if data.Edited != nil {
		if data.Text, err = e.original(ctx, ev.Scope, first.Seq); err != nil {
			return Ack{}, err
		}
	}
	if ev.Type != events.MessagePosted || data.Text != say.text || !answers(data.Reply, say.reply) {
		return Ack{}, keyReused()
	}
	return e.ackFor(ev.ID, first.Seq), nil
}

// original returns what an edited message said at first.
func (e *Edge) original(ctx context.Context, room string, seq uint64) (string, error) {
	versions, _, err := e.Messages.Edits(ctx, room, seq)
	if err != nil || len(versions) == 0 {
		return "", err
	}
	return versions[0].Text, nil
}

// answers reports whether a message's reply is to seq, 0 for none.
func answers(reply *events.Reply, seq uint64) bool {
	if reply == nil {
		return seq == 0
	}
	return reply.Seq == seq
}

func keyReused() error {
	return &chat.Error{Code: chat.KeyReused, Field: "key", Detail: "This key was used for another message. Make a new key for a new message."}
}

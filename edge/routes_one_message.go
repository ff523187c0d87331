package edge

import (
	"context"
	"net/http"

	"github.com/natter-chat/natter/chat"
)

type (
	messageInput struct {
		Room string `path:"room" doc:"The room's id"`
		Seq  uint64 `path:"seq" doc:"The message's place in the room's order"`
	}
	editInput struct {
		Room   string `path:"room" doc:"The room's id"`
		Seq    uint64 `path:"seq" doc:"The message's place in the room's order"`
		Header string `header:"Idempotency-Key" doc:"The key, instead of in the body"`
		Body   struct {
			Key  string `json:"key,omitempty" maxLength:"64" doc:"A UUIDv7, new for every edit and the same for its retries"`
			Text string `json:"text" doc:"1 to 8000 bytes"`
		}
	}
	reactionInput struct {
		Room  string `path:"room" doc:"The room's id"`
		Seq   uint64 `path:"seq" doc:"The message's place in the room's order"`
		Emoji string `path:"emoji" maxLength:"64" doc:"One emoji, percent-encoded"`
	}
	itemAnswer  struct{ Body chat.Item }
	editsAnswer struct{ Body EditList }
	pinsAnswer  struct{ Body PinList }
)

// oneMessageRoutes are about one message of a room.
func (e *Edge) oneMessageRoutes(a *api) {
	const at = "/api/rooms/{room}/messages/{seq}"
	ack := func(ack Ack, err error) (*ackAnswer, error) { return &ackAnswer{ack}, err }
	add(a, op("message", http.MethodGet, at, "A message as it is now", "Messages", scoped(chat.ScopeRead)),
		func(ctx context.Context, in *messageInput) (*itemAnswer, error) {
			item, err := e.oneMessage(ctx, principal(ctx), in.Room, in.Seq)
			return &itemAnswer{item}, err
		})
	add(a, op("edits", http.MethodGet, at+"/edits", "What a message said, version by version; the first is the original", "Messages", scoped(chat.ScopeRead)),
		func(ctx context.Context, in *messageInput) (*editsAnswer, error) {
			list, err := e.edits(ctx, principal(ctx), in.Room, in.Seq)
			return &editsAnswer{list}, err
		})
	add(a, op("edit", http.MethodPatch, at, "Give my message another text; every retry with its key gets the same answer", "Messages", scoped(chat.ScopeWrite), limited(boundPosts)),
		func(ctx context.Context, in *editInput) (*ackAnswer, error) {
			key, err := oneKey(in.Header, in.Body.Key)
			if err != nil {
				return nil, err
			}
			return ack(e.edit(ctx, principal(ctx), in.Room, in.Seq, key, in.Body.Text))
		})
	add(a, op("deleteMessage", http.MethodDelete, at, "Delete a message of mine, or as a moderator", "Messages", scoped(chat.ScopeWrite)),
		func(ctx context.Context, in *messageInput) (*ackAnswer, error) {
			return ack(e.remove(ctx, principal(ctx), in.Room, in.Seq))
		})
	e.markRoutes(a, at, true, http.MethodPut)
	e.markRoutes(a, at, false, http.MethodDelete)
	add(a, op("pins", http.MethodGet, "/api/rooms/{room}/pins", "What is pinned to a room, the newest pin first", "Messages", scoped(chat.ScopeRead)),
		func(ctx context.Context, in *roomInput) (*pinsAnswer, error) {
			list, err := e.pins(ctx, principal(ctx), in.Room)
			return &pinsAnswer{list}, err
		})
}

// markRoutes set something at a message (PUT), or unset it (DELETE).
func (e *Edge) markRoutes(a *api, at string, on bool, method string) {
	names := map[bool][4]string{
		true:  {"react", "Put an emoji to a message", "pin", "Pin a message to its room"},
		false: {"unreact", "Take an emoji back", "unpin", "Take a pinned message down"},
	}[on]
	add(a, op(names[0], method, at+"/reactions/{emoji}", names[1], "Messages", scoped(chat.ScopeWrite)),
		func(ctx context.Context, in *reactionInput) (*ackAnswer, error) {
			ack, err := e.react(ctx, principal(ctx), in.Room, in.Seq, in.Emoji, on)
			return &ackAnswer{ack}, err
		})
	add(a, op(names[2], method, at+"/pin", names[3], "Messages", scoped(chat.ScopeWrite)),
		func(ctx context.Context, in *messageInput) (*ackAnswer, error) {
			ack, err := e.pin(ctx, principal(ctx), in.Room, in.Seq, on)
			return &ackAnswer{ack}, err
		})
}

package edge

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/natter-chat/natter/chat"
)

type (
	historyInput struct {
		Room   string `path:"room" doc:"The room's id"`
		Before string `query:"before" maxLength:"64" doc:"A position: what comes before it"`
		After  string `query:"after" maxLength:"64" doc:"A position: what follows it"`
		Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
	}
	postInput struct {
		Room   string `path:"room" doc:"The room's id"`
		Header string `header:"Idempotency-Key" doc:"The key, instead of in the body"`
		Body   struct {
			Key  string `json:"key,omitempty" maxLength:"64" doc:"A UUIDv7, new for every message and the same for its retries"`
			Text string `json:"text" doc:"1 to 8000 bytes"`

			Reply uint64 `json:"reply,omitempty" doc:"The seq of a message in this room that it answers"`
		}
	}
	readInput struct {
		Room string `path:"room" doc:"The room's id"`
		Body struct {
			Seq uint64 `json:"seq" doc:"I have read the room up to here"`
		}
	}
	followInput struct {
		Room  string `path:"room" doc:"The room's id"`
		After string `query:"after" required:"true" maxLength:"64" doc:"A position"`
		Wait  int    `query:"wait" minimum:"0" maximum:"30" default:"0" doc:"Seconds to wait for an event"`
	}
	pageAnswer   struct{ Body Page }
	ackAnswer    struct{ Body Ack }
	followAnswer struct{ Body Follow }
)

func (e *Edge) messageRoutes(a *api) {
	add(a, op("history", http.MethodGet, "/api/rooms/{room}/messages", "History, ascending, complete up to now", "Messages", scoped(chat.ScopeRead)),
		func(ctx context.Context, in *historyInput) (*pageAnswer, error) {
			page, err := e.history(ctx, principal(ctx), in.Room, pageQuery{before: in.Before, after: in.After, limit: in.Limit})
			return &pageAnswer{page}, err
		})
	add(a, op("post", http.MethodPost, "/api/rooms/{room}/messages", "Post a message; every retry with its key gets the same answer", "Messages", scoped(chat.ScopeWrite), limited(boundPosts), created),
		func(ctx context.Context, in *postInput) (*ackAnswer, error) {
			key, err := oneKey(in.Header, in.Body.Key)
			if err != nil {
				return nil, err
			}
			ack, err := e.post(ctx, principal(ctx), in.Room, saying{key, in.Body.Text, in.Body.Reply})
			return &ackAnswer{ack}, err
		})
	add(a, op("markRead", http.MethodPut, "/api/rooms/{room}/read", "I have read up to a sequence", "Messages", scoped(chat.ScopeWrite)),
		func(ctx context.Context, in *readInput) (*ackAnswer, error) {
			ack, err := e.markRead(ctx, principal(ctx), in.Room, in.Body.Seq)
			return &ackAnswer{ack}, err
		})
	add(a, op("follow", http.MethodGet, "/api/rooms/{room}/events", "Long poll: what follows a position, contiguously", "Messages", scoped(chat.ScopeRead), waits(maxWait)),
		func(ctx context.Context, in *followInput) (*followAnswer, error) {
			found, err := e.follow(ctx, principal(ctx), in.Room, in.After, time.Duration(in.Wait)*time.Second)
			return &followAnswer{found}, err
		})
}

// oneKey returns the key, which may stand in the header or in the body.
func oneKey(header, body string) (string, error) {
	switch {
	case header == "":
		return body, nil
	case body == "" || body == header:
		return header, nil
	default:
		return "", &chat.Error{Code: chat.BadKey, Field: "key", Detail: "The key in the body differs from the Idempotency-Key header."}
	}
}

// checkPlain refuses a parameter that the database would.
func checkPlain(field, text string) error {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return &chat.Error{Code: chat.BadRequest, Field: field, Detail: "This is not text: it must be UTF-8 without NUL."}
	}
	return nil
}

package test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
)

func TestJSONThatIsNoRequestIsAnErrorAndTheSocketLives(t *testing.T) {
	w := town(t)
	alice := w.Person("alice")
	room := alice.Creates("tea")
	key := chat.NewID()
	bad := map[string]string{
		"null":                 `null`,
		"an array":             `[]`,
		"a number":             `1e999`,
		"no op":                `{"id":1}`,
		"an unknown op":        `{"op":"fly","id":1}`,
		"an unknown member":    fmt.Sprintf(`{"op":"post","id":1,"room":%q,"key":%q,"text":"hi","bold":true}`, room, key),
		"a repeated member":    fmt.Sprintf(`{"op":"post","id":1,"room":%q,"key":%q,"text":"hi","text":"ho"}`, room, key),
		"members by case":      fmt.Sprintf(`{"OP":"post","id":1,"room":%q,"key":%q,"text":"hi"}`, room, key),
		"a huge number":        `{"op":"ping","id":1e999}`,
		"a negative id":        `{"op":"ping","id":-1}`,
		"an id beyond 2^53":    `{"op":"ping","id":9007199254740992}`,
		"a wrong type":         fmt.Sprintf(`{"op":"post","id":1,"room":7,"key":%q,"text":"hi"}`, key),
		"a NUL":                fmt.Sprintf(`{"op":"post","id":1,"room":%q,"key":%q,"text":"a\u0000b"}`, room, key),
		"a lone surrogate":     fmt.Sprintf(`{"op":"post","id":1,"room":%q,"key":%q,"text":"\ud800"}`, room, key),
		"an empty text":        fmt.Sprintf(`{"op":"post","id":1,"room":%q,"key":%q,"text":"  "}`, room, key),
		"too long a text":      fmt.Sprintf(`{"op":"post","id":1,"room":%q,"key":%q,"text":%q}`, room, key, strings.Repeat("x", 8001)),
		"a wildcard room":      fmt.Sprintf(`{"op":"post","id":1,"room":"*","key":%q,"text":"hi"}`, key),
		"a deep wildcard":      `{"op":"subscribe","id":1,"rooms":[{"room":">"}]}`,
		"a dotted room":        `{"op":"subscribe","id":1,"rooms":[{"room":"a.b"}]}`,
		"a line in the room":   `{"op":"subscribe","id":1,"rooms":[{"room":"a\r\nPUB chat.x 1"}]}`,
		"a path for a room":    `{"op":"subscribe","id":1,"rooms":[{"room":"../x"}]}`,
		"a room in capitals":   fmt.Sprintf(`{"op":"subscribe","id":1,"rooms":[{"room":%q}]}`, strings.ToUpper(room)),
		"a forged position":    fmt.Sprintf(`{"op":"subscribe","id":1,"rooms":[{"room":%q,"after":"x"}]}`, room),
		"a long position":      fmt.Sprintf(`{"op":"subscribe","id":1,"rooms":[{"room":%q,"after":%q}]}`, room, strings.Repeat("1", 60_000)),
		"a position with sign": fmt.Sprintf(`{"op":"subscribe","id":1,"rooms":[{"room":%q,"after":"00000001-+1"}]}`, room),
		"a key that is none":   fmt.Sprintf(`{"op":"post","id":1,"room":%q,"key":"1","text":"hi"}`, room),
		"a key of tomorrow":    fmt.Sprintf(`{"op":"post","id":1,"room":%q,"key":%q,"text":"hi"}`, room, keyOf(time.Now().Add(24*time.Hour))),
		"a version 4 key":      fmt.Sprintf(`{"op":"post","id":1,"room":%q,"key":"6f1d3f0e-3c1b-4a7e-9f57-0c6f6f1d3f0e","text":"hi"}`, room),
		"reading the future":   fmt.Sprintf(`{"op":"read","id":1,"room":%q,"seq":99999999}`, room),
		"depth":                strings.Repeat(`[`, 10_000) + strings.Repeat(`]`, 10_000),
		"depth in a member":    `{"op":"ping","id":` + strings.Repeat(`[`, 10_000) + strings.Repeat(`]`, 10_000) + `}`,
		"trailing text":        `{"op":"ping","id":1} {}`,
	}
	unharmed(t, w, func() {
		for name, body := range bad {
			s := authenticated(t, alice, w.Edges[1])
			s.Sends(frame(fin|text, []byte(body)))
			var reply struct{ Op, Code string }
			if raw := s.Reply(); json.Unmarshal([]byte(raw), &reply) != nil || reply.Op != "error" || !strings.HasPrefix(reply.Code, "bad_") {
				t.Errorf("%s: answered %.300s, want an error bad_…", name, raw)
			}
			s.Sends(frame(fin|text, []byte(`{"op":"ping","id":2}`)))
			if raw := s.Reply(); !strings.Contains(raw, `"pong"`) {
				t.Errorf("%s: then a ping was answered %.300s", name, raw)
			}
			s.Close()
		}
	})
}

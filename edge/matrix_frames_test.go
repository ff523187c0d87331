package edge

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
)

// frames are well-formed frames of a client, by op. The ops are taken from the
// document that the edge serves about itself, as the routes are.
var frames = map[string]string{
	"auth":        `{"op":"auth","id":7,"token":"TOKEN"}`,
	"subscribe":   `{"op":"subscribe","id":7,"rooms":[{"room":"ROOM"}]}`,
	"unsubscribe": `{"op":"unsubscribe","id":7,"room":"ROOM"}`,
	"post":        `{"op":"post","id":7,"room":"ROOM","key":"KEY","text":"hello"}`,
	"edit":        `{"op":"edit","id":7,"room":"ROOM","seq":1,"key":"KEY","text":"hello"}`,
	"delete":      `{"op":"delete","id":7,"room":"ROOM","seq":1}`,
	"react":       `{"op":"react","id":7,"room":"ROOM","seq":1,"emoji":"👍","on":true}`,
	"pin":         `{"op":"pin","id":7,"room":"ROOM","seq":1,"on":true}`,
	"read":        `{"op":"read","id":7,"room":"ROOM","seq":1}`,
	"ping":        `{"op":"ping","id":7}`,
}

// frame returns a frame of this op about a room.
func frame(t *testing.T, op, token, room string) []byte {
	t.Helper()
	text, known := frames[op]
	if !known {
		t.Fatalf("there is no %s frame here: nobody has said who may send it", op)
	}
	return []byte(strings.NewReplacer("TOKEN", token, "ROOM", room, "KEY", chat.NewID()).Replace(text))
}

func (h heard) says(code chat.Code) bool { return string(h.Code) == `"`+string(code)+`"` }

func TestEveryFrameIsRefusedBeforeALivingToken(t *testing.T) {
	c := newCity(t)
	clients, _ := socketFrames()
	for _, f := range clients {
		if f.name != "auth" {
			s := c.two.dials(t)
			s.sends(frame(t, f.name, "", c.bobs["room"]))
			if h := s.hears("error"); !h.says(chat.Unauthenticated) {
				t.Errorf("%s before auth: %+v", f.name, h)
			}
			continue
		}
		for kind, token := range c.dead {
			s := c.two.dials(t)
			s.sends(frame(t, f.name, token, ""))
			if h := s.hears("error"); !h.says(chat.Unauthenticated) {
				t.Errorf("auth with %s: %+v", kind, h)
			}
			if code, _ := s.ends(); code != int(closeRefused) {
				t.Errorf("auth with %s: closed with %d", kind, code)
			}
		}
	}
}

// What is not for somebody looks like what does not exist, to the letter.
func TestEveryFrameHidesWhatIsAnothers(t *testing.T) {
	c := newCity(t)
	clients, _ := socketFrames()
	for kind, who := range c.others {
		s := who.connects(c.two)
		for _, f := range clients {
			if !strings.Contains(frames[f.name], "ROOM") {
				continue
			}
			said := map[string]string{}
			for _, room := range []string{c.bobs["room"], c.nothing["room"]} {
				s.sends(frame(t, f.name, who.token, room))
				h := s.next()
				raw, _ := json.Marshal(h)
				said[room] = strings.ReplaceAll(string(raw), room, "ROOM")
				if f.name != "unsubscribe" && !h.says(chat.NotFound) {
					t.Errorf("%s for %s: %s", f.name, kind, raw)
				}
			}
			if said[c.bobs["room"]] != said[c.nothing["room"]] {
				t.Errorf("%s for %s:\n%s\nand for what does not exist:\n%s", f.name, kind, said[c.bobs["room"]], said[c.nothing["room"]])
			}
		}
	}
}

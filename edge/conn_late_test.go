package edge

import (
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/testenv"
)

// A client may go on sending after it was sent the close frame: its half of the
// connection is open until it answers or is cut.
func TestWhatComesAfterASessionsEndIsNotDone(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	bob := one.join(t, "bob")
	room := bob.makes(one, chat.Public, "tea").ID
	ways := map[string]struct {
		end  func(*person)
		code int
	}{
		"ended": {func(p *person) { p.call(one, "DELETE", "/api/session", "").must(t, 204) }, 4403},
		"expired": {func(p *person) {
			one.hub.conns.list(nil)[0].expires.Store(time.Now().Unix())
		}, 4402},
	}
	frames := map[string]func(key string) string{
		"plain": func(key string) string {
			return `{"op":"post","id":9,"room":"` + room + `","key":"` + key + `","text":"late"}`
		},
		"strict": func(key string) string {
			return `{"op": "post", "id": 9, "room": "` + room + `", "key": "` + key + `", "text": "late"}`
		},
	}
	for how, way := range ways {
		for kind, frame := range frames {
			p := one.join(t, how+kind)
			p.enters(one, room)
			s := p.connects(one)
			s.follows(room, "")
			s.ws.SetCloseHandler(func(int, string) error { return nil }) // no answer to it
			way.end(p)
			if code, _ := s.ends(); code != way.code {
				t.Errorf("%s: closed with %d", how, code)
			}
			s.sends([]byte(frame(chat.NewID())))
			s.ws.Close()
			testenv.Until(t, "the socket was read to its end", func() bool { return len(one.hub.conns.list(nil)) == 0 })
			bob.posts(one, room, "after it") // what was queued before is in the log
			for _, entry := range w.inRoom(room) {
				if text := (heard{Event: entry.Body}).text(t); text == "late" {
					t.Errorf("%s: a %s post is in the log", how, kind)
				}
			}
		}
	}
}

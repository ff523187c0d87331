package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/cluster"
)

func TestAPageOfAnotherOriginGetsNoSocket(t *testing.T) {
	w := town(t)
	e := w.Edges[0]
	host := strings.TrimPrefix(e.URL, "http://")
	unharmed(t, w, func() {
		for _, origin := range []string{"https://evil.example", "null", "https://" + host, "ftp://" + host, "http://" + host + ".evil.example", "http://127.0.0.1:1"} {
			if got := dial(t, e).upgrade("Origin: " + origin); got != 403 {
				t.Errorf("Origin %q: %d, want 403", origin, got)
			}
		}
		if got := dial(t, e).upgrade("Origin: http://" + host); got != 101 {
			t.Errorf("the edge's own origin: %d, want 101", got)
		}
	})
}

func TestASocketThatDoesNotAuthenticateIsClosedAfterFiveSeconds(t *testing.T) {
	w := town(t)
	unharmed(t, w, func() {
		s := dial(t, w.Edges[0])
		s.upgrade()
		start := time.Now()
		if got := s.CloseCode(); got != 4401 {
			t.Errorf("closed with %d, want 4401", got)
		}
		if took := time.Since(start); took < 3*time.Second || took > 9*time.Second {
			t.Errorf("closed after %s, want about 5 s", took)
		}
	})
}

func TestFramesThatBreakTheRulesCloseTheSocketWithTheirCode(t *testing.T) {
	w := town(t)
	alice := w.Person("alice")
	room := alice.Creates("tea")
	huge := []byte{fin | text, 0x80 | 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}
	top := []byte{fin | text, 0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	unmasked := []byte{fin | text, 2, '{', '}'}
	post := func(text string) []byte {
		return []byte(fmt.Sprintf(`{"op":"post","id":1,"room":%q,"key":%q,"text":"%s"}`, room, chat.NewID(), text))
	}
	cases := map[string]struct {
		sends [][]byte
		want  []int
	}{
		"an RSV bit":                {[][]byte{frame(fin|0x40|text, []byte("{}"))}, []int{1002}},
		"a reserved opcode":         {[][]byte{frame(fin|0x3, []byte("{}"))}, []int{1002}},
		"a reserved control opcode": {[][]byte{frame(fin|0xb, nil)}, []int{1002}},
		"no mask":                   {[][]byte{unmasked}, []int{1002}},
		"a length of 2^63":          {[][]byte{top}, []int{1002, 1009}},
		"a length of 2^63-1":        {[][]byte{huge}, []int{1002, 1009}},
		"a fragmented ping":         {[][]byte{frame(pingop, []byte("x"))}, []int{1002}},
		"a ping of 126 bytes":       {[][]byte{frame(fin|pingop, make([]byte, 126))}, []int{1002}},
		"a stray continuation":      {[][]byte{frame(fin, []byte("{}"))}, []int{1002}},
		"over 64 KiB":               {[][]byte{frame(fin|text, post(strings.Repeat("x", 70_000)))}, []int{1009}},
		"over 64 KiB in pieces":     {append(pieces(post(strings.Repeat("x", 70_000)), 1000), nil), []int{1009}},
		"bytes that are not UTF-8":  {[][]byte{frame(fin|text, post("\xff\xfe"))}, []int{1007}},
		"a binary frame":            {[][]byte{frame(fin|binop, post("hi"))}, []int{1003}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			unharmed(t, w, func() {
				s := authenticated(t, alice, w.Edges[0])
				for _, raw := range c.sends {
					s.Sends(raw)
				}
				if got := s.CloseCode(); !contained(c.want, got) {
					t.Errorf("closed with %d, want one of %d", got, c.want)
				}
			})
		})
	}
}

func TestAFloodOfFramesIsClosed(t *testing.T) {
	w := town(t)
	alice := w.Person("alice")
	for name, raw := range map[string][]byte{
		"pings that break the protocol": frame(fin|text, []byte(`{"op":"nonsense"}`)),
		"broken JSON":                   frame(fin|text, []byte(`{`)),
		"control frames":                frame(fin|pingop, nil),
		"empty fragments":               frame(0x0, nil),
	} {
		t.Run(name, func(t *testing.T) {
			unharmed(t, w, func() {
				s := authenticated(t, alice, w.Edges[0])
				if name == "empty fragments" {
					s.Sends(frame(text, []byte("{")))
				}
				go func() { // the edge may stop reading at any time
					for range 200_000 {
						if _, err := s.Write(raw); err != nil {
							return
						}
					}
				}()
				if got := s.CloseCode(); got != 1008 && got != -1 {
					t.Errorf("closed with %d, want 1008", got)
				}
			})
		})
	}
}

// authenticated returns a bare WebSocket of a person.
func authenticated(t *testing.T, p *Person, e *cluster.Edge) *wire {
	t.Helper()
	s := dial(t, e)
	if got := s.upgrade(); got != 101 {
		t.Fatalf("the handshake was answered %d", got)
	}
	s.Sends(frame(fin|text, []byte(fmt.Sprintf(`{"op":"auth","id":9,"token":%q}`, p.Token()))))
	if raw := s.Reply(); !strings.Contains(raw, `"welcome"`) {
		t.Fatalf("auth was answered %s", raw)
	}
	return s
}

// pieces cuts a text message into fragments.
func pieces(payload []byte, size int) [][]byte {
	var frames [][]byte
	for op := byte(text); len(payload) > 0; op = 0 {
		n := min(size, len(payload))
		if n == len(payload) {
			op |= fin
		}
		frames = append(frames, frame(op, payload[:n]))
		payload = payload[n:]
	}
	return frames
}

func contained(all []int, one int) bool { return slices.Contains(all, one) }

package test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/test/cluster"
)

// unharmed runs a test of bad input, and fails if it left anything in the log
// or an edge that does not serve.
func unharmed(t *testing.T, w *Town, bad func()) {
	t.Helper()
	before := map[events.Stream]uint64{}
	for _, s := range events.Streams {
		before[s] = w.last(s)
	}
	bad()
	for _, s := range events.Streams {
		for _, e := range w.after(s, before[s]) {
			t.Errorf("bad input put this into %s: %.300s", s, e.Body)
		}
	}
	for _, e := range w.Edges {
		if err := e.Ready(); err != nil {
			t.Errorf("%s is not ready any more: %v", e.Name, err)
		}
		if log := e.Log(); strings.Contains(log, "panic") {
			t.Errorf("%s panicked: %.2000s", e.Name, log[strings.Index(log, "panic"):])
		}
	}
}

// after reads what came into a stream after a sequence, without the notifier's
// cursor, which moves by itself.
func (w *Town) after(s events.Stream, seq uint64) []events.Entry {
	w.t.Helper()
	all, err := w.EntriesAfter(s, seq)
	if err != nil {
		w.t.Fatal(err)
	}
	cursor := events.Notify.Subject(events.NotifierCursor)
	return slices.DeleteFunc(all, func(e events.Entry) bool { return e.Subject == cursor })
}

func (w *Town) last(s events.Stream) uint64 {
	w.t.Helper()
	n, err := w.Last(s)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

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
		"a stray continuation":      {[][]byte{frame(fin|0x0, []byte("{}"))}, []int{1002}},
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
		"a deep wildcard":      fmt.Sprintf(`{"op":"subscribe","id":1,"rooms":[{"room":">"}]}`),
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

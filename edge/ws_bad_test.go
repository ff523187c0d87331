package edge

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

func TestOnlyPagesOfAllowedOriginsOpenASocketOrAStream(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.Origins = []string{"https://chat.example.org"} })
	ada := one.join(t, "ada")
	for origin, want := range map[string]int{
		"":                             101,
		one.url:                        101,
		"https://chat.example.org":     101,
		"null":                         403,
		"https://evil.example":         403,
		"https" + one.url[4:]:          403,
		one.url + ".evil.example":      403,
		"http://chat.example.org":      403,
		"https://chat.example.org:444": 403,
	} {
		var headers []string
		if origin != "" {
			headers = []string{"Origin", origin}
		}
		ws, resp, err := one.tryDial("", headers...)
		if ws != nil {
			ws.Close()
		}
		if resp == nil || resp.StatusCode != want {
			t.Errorf("origin %q: %v (%v), want %d", origin, resp, err, want)
		}
		if want == 403 {
			ada.call(one, "GET", "/api/notifications/stream", "", headers...).problem(t, 403, chat.Forbidden)
		}
	}
	ws, resp, _ := one.tryDial("", "Origin", one.url, "Origin", "https://evil.example")
	if ws != nil || resp.StatusCode != 403 {
		t.Error("two origins: the socket was opened")
	}
}

func TestAHandshakeWithoutTheSubprotocolOrWithACookieAloneIsRefused(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	d := websocket.Dialer{}
	_, resp, err := d.Dial("ws"+one.url[4:]+"/api/ws", nil)
	if err == nil || resp.StatusCode != 400 || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("without the subprotocol: %v %v", resp, err)
	}
	one.call(t, "GET", "/api/ws", "", "Sec-Websocket-Protocol", subprotocol).problem(t, 400, chat.BadRequest)
	s := one.dials(t, "Cookie", ada.cookie.Name+"="+ada.cookie.Value)
	s.sends(pingFrame{Op: "ping", ID: 3})
	if h := s.next(); h.Op != "error" || h.code() != "unauthenticated" || h.ID != 3 {
		t.Errorf("with a cookie alone: %+v", h)
	}
}

func TestWithoutAuthTheSocketIsClosedAfterFiveSeconds(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	start := time.Now()
	code, bye := one.dials(t).ends()
	if took := time.Since(start); code != 4401 || string(bye.Code) != "4401" || took < 4*time.Second || took > 8*time.Second {
		t.Errorf("closed with %d (bye %s) after %s", code, bye.Code, took)
	}
	s := one.dials(t)
	s.sends(authFrame{Op: "auth", ID: 1, Token: "nonsense"})
	if code, _ := s.ends(); code != 4401 {
		t.Errorf("a bad token: closed with %d", code)
	}
}

func TestFramesThatBreakRFC6455CloseTheSocketWithTheirCode(t *testing.T) {
	leaks(t)
	w := newLoneWorld(t)
	one := w.edge()
	before := w.lastSeqOf(events.Chat)
	unmasked := []byte{0x81, 2, '{', '}'}
	top := []byte{0x81, 0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	huge := []byte{0x81, 0x80 | 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}
	big := strings.Repeat("x", 70_000)
	for name, c := range map[string]struct {
		raw  []byte
		want int
	}{
		"RSV1":                    {masked(0xC1, "{}"), 1002},
		"RSV2":                    {masked(0xA1, "{}"), 1002},
		"reserved opcode":         {masked(0x83, "{}"), 1002},
		"reserved control opcode": {masked(0x8B, ""), 1002},
		"unmasked":                {unmasked, 1002},
		"length 2^63":             {top, 1002},
		"length 2^63-1":           {huge, 1009},
		"fragmented ping":         {masked(0x09, "x"), 1002},
		"long ping":               {masked(0x89, strings.Repeat("x", 126)), 1002},
		"stray continuation":      {masked(0x80, "{}"), 1002},
		"text within a message":   {append(masked(0x01, "{"), masked(0x81, "}")...), 1002},
		"bad close code":          {masked(0x88, "\x03\xEE"), 1002},
		"over 64 KiB":             {masked(0x81, big), 1009},
		"over 64 KiB in pieces":   {append(masked(0x01, big[:40_000]), masked(0x80, big[:30_000])...), 1009},
		"not UTF-8":               {masked(0x81, "\"\xff\xfe\""), 1007},
		"binary":                  {masked(0x82, "{}"), 1003},
		"close":                   {masked(0x88, "\x03\xE8bye"), 1000},
		"close without a code":    {masked(0x88, ""), 1000},
	} {
		t.Run(name, func(t *testing.T) {
			b := one.upgrades(t)
			b.Write(c.raw)
			if got := b.closeCode(); got != c.want {
				t.Errorf("closed with %d, want %d", got, c.want)
			}
		})
	}
	if after := w.lastSeqOf(events.Chat); after != before {
		t.Errorf("bad frames put %d entries into the log", after-before)
	}
	if err := one.Ready(); err != nil {
		t.Error(err)
	}
}

func TestFloodsAreClosedWith1008(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.FramesPerSecond = 100 })
	ada := one.join(t, "ada")
	for name, c := range map[string]struct{ first, raw []byte }{
		"bad frames":      {nil, masked(0x81, "{")},
		"pings":           {nil, masked(0x89, "")},
		"pongs":           {nil, masked(0x8A, "")},
		"good frames":     {nil, masked(0x81, `{"op":"ping"}`)},
		"empty fragments": {masked(0x01, "{"), masked(0x00, "")},
	} {
		t.Run(name, func(t *testing.T) {
			b := one.upgrades(t)
			b.Write(masked(0x81, fmt.Sprintf(`{"op":"auth","token":%q}`, ada.token)))
			b.Write(c.first)
			go func() { // the edge may stop reading at any time
				for range 200_000 {
					if _, err := b.Write(c.raw); err != nil {
						return
					}
				}
			}()
			if got := b.closeCode(); got != 1008 {
				t.Errorf("closed with %d, want 1008", got)
			}
		})
	}
}

func TestNonsenseInAFrameIsAnsweredAndPostsNothing(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, "public", "tea").ID
	before := w.lastSeqOf(events.Chat)
	key := chat.NewID()
	post := func(text string) string {
		return fmt.Sprintf(`{"op":"post","id":1,"room":%q,"key":%q,"text":%s}`, room, key, text)
	}
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	for name, c := range map[string]struct{ frame, want string }{
		"not JSON":             {`{`, "bad_request"},
		"an array":             {`[]`, "bad_request"},
		"null":                 {`null`, "bad_request"},
		"two values":           {`{"op":"ping"}{"op":"ping"}`, "bad_request"},
		"no op":                {`{}`, "bad_request"},
		"an unknown op":        {`{"op":"destroy"}`, "bad_request"},
		"an unknown member":    {`{"op":"ping","x":1}`, "bad_request"},
		"another op's member":  {`{"op":"ping","room":"` + room + `"}`, "bad_request"},
		"a member twice":       {`{"op":"ping","id":1,"id":2}`, "bad_request"},
		"a null member":        {`{"op":"ping","id":null}`, "bad_request"},
		"1e999":                {`{"op":"read","room":"` + room + `","seq":1e999}`, "bad_request"},
		"a negative seq":       {`{"op":"read","room":"` + room + `","seq":-1}`, "bad_request"},
		"an id beyond 2^53":    {`{"op":"ping","id":9007199254740993}`, "bad_request"},
		"deep nesting":         {`{"op":"ping","x":` + deep + `}`, "bad_request"},
		"NUL":                  {post(`"a\u0000b"`), "bad_request"},
		"a lone surrogate":     {post(`"\ud800"`), "bad_request"},
		"a long text":          {post(`"` + strings.Repeat("x", 8001) + `"`), "bad_text"},
		"an empty text":        {post(`" "`), "bad_text"},
		"a key of another age": {`{"op":"post","id":1,"room":"` + room + `","key":"` + "0b4c1c4e-0000-4000-8000-000000000000" + `","text":"x"}`, "bad_key"},
		"a wildcard room":      {`{"op":"post","id":1,"room":"*","key":"` + key + `","text":"x"}`, "bad_request"},
		"a room of dots":       {`{"op":"subscribe","rooms":[{"room":"a.b"}]}`, "bad_request"},
		"a room >":             {`{"op":"unsubscribe","room":">"}`, "bad_request"},
		"no rooms":             {`{"op":"subscribe","rooms":[]}`, "bad_request"},
		"a room twice":         {`{"op":"subscribe","rooms":[{"room":"` + room + `"},{"room":"` + room + `"}]}`, "bad_request"},
		"a future read":        {`{"op":"read","room":"` + room + `","seq":9007199254740991}`, "bad_position"},
	} {
		t.Run(name, func(t *testing.T) {
			s := ada.connects(one)
			s.sends([]byte(c.frame))
			if h := s.next(); h.Op != "error" || h.code() != c.want {
				t.Errorf("answered %+v, want %s", h, c.want)
			}
			s.sends(pingFrame{Op: "ping", ID: 5})
			if h := s.next(); h.Op != "pong" || h.ID != 5 {
				t.Errorf("and then %+v", h)
			}
		})
	}
	if after := w.lastSeqOf(events.Chat); after != before {
		t.Errorf("nonsense put %d entries into the log", after-before)
	}
}

func TestAFullEdgeRefusesFurtherSockets(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.MaxConnections = 2 })
	ada := one.join(t, "ada")
	first := ada.connects(one)
	ada.connects(one)
	_, resp, err := one.tryDial("")
	if err == nil || resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("the third: %v %v", resp, err)
	}
	first.ws.Close()
	testenv.Until(t, "there is a place again", func() bool {
		ws, _, err := one.tryDial("")
		if err == nil {
			ws.Close()
		}
		return err == nil
	})
}

// masked builds a client's frame (RFC 6455, section 5.2) from its first byte;
// the mask changes nothing.
func masked(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// bareSocket is a WebSocket on which a test writes what no library would.
type bareSocket struct {
	net.Conn
	t  *testing.T
	in *bufio.Reader
}

func (n *node) upgrades(t *testing.T) *bareSocket {
	t.Helper()
	c := n.bare(t)
	fmt.Fprintf(c, "GET /api/ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: natter.v1.json\r\n\r\n", n.url[7:])
	b := &bareSocket{c, t, bufio.NewReader(c)}
	resp, err := http.ReadResponse(b.in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v %v", resp, err)
	}
	return b
}

// closeCode reads frames until a close frame.
func (b *bareSocket) closeCode() int {
	b.t.Helper()
	for {
		first, payload, err := b.frame()
		if err != nil {
			b.t.Fatalf("no close frame: %v", err)
		}
		if first == 0x88 && len(payload) >= 2 {
			return int(binary.BigEndian.Uint16(payload))
		}
	}
}

func (b *bareSocket) frame() (first byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(b.in, head[:]); err != nil {
		return 0, nil, err
	}
	length := int(head[1])
	switch {
	case length == 126:
		var ext [2]byte
		_, err = io.ReadFull(b.in, ext[:])
		length = int(binary.BigEndian.Uint16(ext[:]))
	case length > 126:
		err = errors.New("a frame of natter's is masked or huge")
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, length)
	_, err = io.ReadFull(b.in, payload)
	return head[0], payload, err
}

package load

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"time"
)

// Opcodes of RFC 6455, section 5.2.
const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xA
)

// nextFrame returns the first whole frame of b and its length in b; 0 if it is
// not whole yet. Servers do not mask.
func nextFrame(b []byte) (op byte, payload []byte, n int) {
	if len(b) < 2 {
		return 0, nil, 0
	}
	size, head := int(b[1]&0x7F), 2
	switch size {
	case 126:
		if len(b) < 4 {
			return 0, nil, 0
		}
		size, head = int(binary.BigEndian.Uint16(b[2:])), 4
	case 127:
		if len(b) < 10 {
			return 0, nil, 0
		}
		size, head = int(binary.BigEndian.Uint64(b[2:])), 10
	}
	if len(b) < head+size {
		return 0, nil, 0
	}
	return b[0] & 0x0F, b[head : head+size], head + size
}

// appendFrame appends a client's frame. Its mask is zero, which leaves the
// payload as it is (section 5.3 asks for a mask, not for which).
func appendFrame(to []byte, op byte, payload []byte) []byte {
	to = append(to, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		to = append(to, 0x80|byte(n))
	case n < 1<<16:
		to = append(to, 0x80|126)
		to = binary.BigEndian.AppendUint16(to, uint16(n))
	default:
		to = append(to, 0x80|127)
		to = binary.BigEndian.AppendUint64(to, uint64(n))
	}
	return append(append(to, 0, 0, 0, 0), payload...)
}

// An event frame as an edge writes it; see docs/protocol.md.
var (
	eventHead = []byte(`{"op":"event","room":"`)
	seqHead   = []byte(`","seq":`)
	prevHead  = []byte(`,"prev":`)
	textHead  = []byte(`"text":"`)
)

// kind is what an event without a mark of ours is.
type kind int

const (
	other  kind = iota
	silent      // a message is deleted or reacted to
	turn        // somebody joins or leaves
)

var typeHead = []byte(`,"event":{"type":"`)

func kindOf(rest []byte) kind {
	t, ok := bytes.CutPrefix(rest, typeHead)
	switch {
	case !ok:
		return other
	case bytes.HasPrefix(t, []byte(`message.deleted"`)), bytes.HasPrefix(t, []byte(`message.reacted"`)):
		return silent
	case bytes.HasPrefix(t, []byte(`member.joined"`)), bytes.HasPrefix(t, []byte(`member.left"`)):
		return turn
	}
	return other
}

const (
	idLength = 36
	about    = 32 // bytes by which envelopes differ: names and numbers
)

// event reads an event frame; ok is false for any other frame. rest begins
// behind prev.
func event(p []byte) (room []byte, seq, prev uint64, rest []byte, ok bool) {
	p, ok = bytes.CutPrefix(p, eventHead)
	if !ok || len(p) < idLength {
		return nil, 0, 0, nil, false
	}
	room, p = p[:idLength], p[idLength:]
	if p, ok = bytes.CutPrefix(p, seqHead); !ok {
		return nil, 0, 0, nil, false
	}
	seq, p = digits(p)
	if p, ok = bytes.CutPrefix(p, prevHead); !ok {
		return nil, 0, 0, nil, false
	}
	prev, p = digits(p)
	return room, seq, prev, p, true
}

// appendMark begins the text of every post of a load: #, the run, the post's
// number and its scheduled time in base 36, then a space.
func appendMark(to []byte, run string, number uint64, at int64) []byte {
	to = append(append(to, '#'), run...)
	to = strconv.AppendUint(append(to, '.'), number, 36)
	return append(strconv.AppendInt(append(to, '.'), at, 36), ' ')
}

// Text returns the text of a post of the run: its mark, then words up to size
// bytes.
func Text(run string, number uint64, size int, at time.Time) []byte {
	text := appendMark(make([]byte, 0, size+40), run, number, at.UnixNano())
	for len(text) < size {
		text = append(text, "natter carries words "[len(text)%21])
	}
	return text
}

// readMark finds the mark in an event's envelope. It looks first about where the
// last one was.
func readMark(p []byte, run string, last *int) (number uint64, at int64, ok bool) {
	from := max(0, min(*last-about, len(p)))
	i := bytes.Index(p[from:], textHead)
	if i < 0 {
		from, i = 0, bytes.Index(p, textHead)
	}
	if i < 0 {
		return 0, 0, false
	}
	*last = from + i
	p = p[*last+len(textHead):]
	if len(p) < len(run)+2 || p[0] != '#' || string(p[1:1+len(run)]) != run || p[1+len(run)] != '.' {
		return 0, 0, false
	}
	p = p[len(run)+2:]
	number, p = base36(p)
	if len(p) == 0 || p[0] != '.' {
		return 0, 0, false
	}
	nanos, _ := base36(p[1:])
	return number, int64(nanos), true
}

func digits(p []byte) (v uint64, rest []byte) {
	i := 0
	for ; i < len(p) && p[i] >= '0' && p[i] <= '9'; i++ {
		v = v*10 + uint64(p[i]-'0')
	}
	return v, p[i:]
}

func base36(p []byte) (v uint64, rest []byte) {
	i := 0
	for ; i < len(p); i++ {
		switch c := p[i]; {
		case c >= '0' && c <= '9':
			v = v*36 + uint64(c-'0')
		case c >= 'a' && c <= 'z':
			v = v*36 + uint64(c-'a') + 10
		default:
			return v, p[i:]
		}
	}
	return v, p[i:]
}

// number returns the value of a member such as `"seq":`, 0 if it is absent.
func number(p []byte, member string) uint64 {
	i := bytes.Index(p, []byte(member))
	if i < 0 {
		return 0
	}
	v, _ := digits(p[i+len(member):])
	return v
}

// word returns the value of a string member such as `"code":"`, "" if it is
// absent. The values that it is used for hold no escapes.
func word(p []byte, member string) string {
	i := bytes.Index(p, []byte(member))
	if i < 0 {
		return ""
	}
	p = p[i+len(member):]
	end := bytes.IndexByte(p, '"')
	return string(p[:max(end, 0)])
}

package edge

import (
	"bytes"
	"strconv"
)

// plainPost reads a post frame as most clients write it: its members in the
// order of the documentation, no spaces between them, a text without escapes.
// The frame is valid UTF-8. ok is false for any other, which the strict decoder
// then reads; what is accepted here means the same there. It spares three looks
// at every byte, a tenth of what a post costs an edge.
func plainPost(message []byte) (f postFrame, ok bool) {
	rest, ok := bytes.CutPrefix(message, []byte(`{"op":"post","id":`))
	if !ok {
		return f, false
	}
	digits, rest, ok := bytes.Cut(rest, []byte(`,"room":"`))
	if !ok || len(digits) == 0 || digits[0] == '0' {
		return f, false
	}
	id, err := strconv.ParseUint(string(digits), 10, 53)
	if err != nil {
		return f, false
	}
	room, rest, ok := bytes.Cut(rest, []byte(`","key":"`))
	if !ok {
		return f, false
	}
	key, rest, ok := bytes.Cut(rest, []byte(`","text":"`))
	if !ok {
		return f, false
	}
	text, ok := bytes.CutSuffix(rest, []byte(`"}`))
	if !ok || !plainText(room) || !plainText(key) || !plainText(text) {
		return f, false
	}
	return postFrame{Op: "post", ID: id, Room: string(room), Key: string(key), Text: string(text)}, true
}

// plainText reports whether text stands in JSON for itself (RFC 8259, section 7).
func plainText(text []byte) bool {
	if bytes.IndexByte(text, '"') >= 0 || bytes.IndexByte(text, '\\') >= 0 {
		return false
	}
	for _, b := range text {
		if b < 0x20 {
			return false
		}
	}
	return true
}

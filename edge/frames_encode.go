package edge

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
)

// Opcodes of RFC 6455, section 5.2, with the FIN bit set: natter never fragments.
const (
	wsText  = 0x80 | 0x1
	wsClose = 0x80 | 0x8
	wsPing  = 0x80 | 0x9
	wsPong  = 0x80 | 0xA
)

// maxFrameHeader is the longest header of an unmasked frame.
const maxFrameHeader = 10

// encodeFrame returns v as a whole server frame: what goes onto the wire.
func encodeFrame(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("edge: encode %T: %v", v, err))
	}
	return append(appendFrameHeader(make([]byte, 0, maxFrameHeader+len(body)), wsText, len(body)), body...)
}

// encodeEvent returns an event frame and where in it the event's own bytes
// lie. It writes what json.Marshal of an eventFrame would, ten times faster;
// it is done once for a room, however many connections it has.
func encodeEvent(room string, seq, prev uint64, body []byte) (frame, event []byte) {
	const most = 140 // everything around the event: members, an id and two numbers
	text := make([]byte, maxFrameHeader, maxFrameHeader+most+len(body))
	text = append(text, `{"op":"event","room":"`...)
	text = append(text, room...)
	text = append(text, `","seq":`...)
	text = strconv.AppendUint(text, seq, 10)
	text = append(text, `,"prev":`...)
	text = strconv.AppendUint(text, prev, 10)
	text = append(text, `,"event":`...)
	start := len(text)
	text = append(text, body...)
	end := len(text)
	text = append(text, '}')
	return sealFrame(text), text[start:end:end]
}

// sealFrame puts the header before a text that begins at maxFrameHeader.
func sealFrame(text []byte) []byte {
	var header [maxFrameHeader]byte
	h := appendFrameHeader(header[:0], wsText, len(text)-maxFrameHeader)
	start := maxFrameHeader - len(h)
	copy(text[start:], h)
	return text[start:]
}

// appendFrameHeader writes an unmasked header for length bytes.
func appendFrameHeader(b []byte, opcode byte, length int) []byte {
	switch {
	case length < 126:
		return append(b, opcode, byte(length))
	case length < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, opcode, 126), uint16(length))
	default:
		return binary.BigEndian.AppendUint64(append(b, opcode, 127), uint64(length))
	}
}

// encodeControl returns a ping, pong or close frame. payload has at most 125 bytes.
func encodeControl(opcode byte, payload []byte) []byte {
	return append(appendFrameHeader(make([]byte, 0, 2+len(payload)), opcode, len(payload)), payload...)
}

// encodeClose returns a close frame with its code and reason.
func encodeClose(code closeCode, reason string) []byte {
	return encodeControl(wsClose, append(binary.BigEndian.AppendUint16(nil, uint16(code)), clipControl(reason)...))
}

// clipControl shortens a close reason to what a control frame can hold.
func clipControl(reason string) string {
	const most = 123
	if len(reason) > most {
		return clip(reason, most-len("…"))
	}
	return reason
}

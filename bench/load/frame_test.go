package load

import (
	"bytes"
	"testing"
	"time"
)

// server makes a frame as a server writes it: without a mask.
func server(op byte, payload []byte) []byte {
	masked := appendFrame(nil, op, payload)
	head := len(masked) - len(payload) - 4
	masked[1] &^= 0x80
	return append(masked[:head:head], payload...)
}

func TestFramesOfEachLengthAreReadWhole(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 65535, 65536, 200_000} {
		payload := bytes.Repeat([]byte("x"), size)
		raw := server(opText, payload)
		op, got, n := nextFrame(append(raw[:len(raw):len(raw)], "the next one"...))
		if op != opText || !bytes.Equal(got, payload) || n != len(raw) {
			t.Errorf("%d bytes: op %d, %d bytes, %d of %d used", size, op, len(got), n, len(raw))
		}
		for _, cut := range []int{0, 1, 2, 3, 5, 9, len(raw) - 1} {
			if cut >= len(raw) {
				continue
			}
			if _, _, n := nextFrame(raw[:cut]); n != 0 {
				t.Errorf("%d bytes: %d of %d look like a whole frame", size, cut, len(raw))
			}
		}
	}
}

func TestAnEventIsReadWhereItLies(t *testing.T) {
	const id = "01234567-89ab-7def-8123-456789abcdef"
	at := time.Unix(1_800_000_000, 123)
	text := Text("run1", 12345, 300, at)
	if len(text) != 300 {
		t.Errorf("the text has %d bytes, not 300", len(text))
	}
	frame := []byte(`{"op":"event","room":"` + id + `","seq":77,"prev":70,"event":{"type":"message.posted","data":{"text":"` + string(text) + `"}}}`)
	room, seq, prev, rest, ok := event(frame)
	if !ok || string(room) != id || seq != 77 || prev != 70 {
		t.Fatalf("read %q, %d after %d, %v", room, seq, prev, ok)
	}
	if number, due, ok := readMark(rest, "run1", new(int)); !ok || number != 12345 || due != at.UnixNano() {
		t.Errorf("the mark says %d at %d, %v", number, due, ok)
	}
	if _, _, ok := readMark(rest, "run2", new(int)); ok {
		t.Error("a post of another run is taken for one of this")
	}
	for _, other := range []string{`{"op":"ack","id":3}`, `{"op":"event","room":"short`, `{"op":"event","room":"` + id + `","prev":1}`, ""} {
		if _, _, _, _, ok := event([]byte(other)); ok {
			t.Errorf("%q is taken for an event", other)
		}
	}
}

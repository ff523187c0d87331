package edge

import (
	"bytes"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/internal/testenv"
)

// written is a socket that keeps what each write carried.
type written struct {
	net.Conn
	mu     sync.Mutex
	writes [][]byte
}

func (w *written) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes = append(w.writes, bytes.Clone(b))
	return len(b), nil
}

func (w *written) Close() error { return nil }

func (w *written) SetReadDeadline(time.Time) error { return nil }

// taken returns the writes so far and forgets them.
func (w *written) taken() (writes []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.writes {
		writes = append(writes, string(b))
	}
	w.writes = nil
	return writes
}

// pushed is a connection that has become busy: it got so many events.
func pushed(t *testing.T) (*conn, *written) {
	socket := &written{}
	c := &conn{hub: newTestTopic().hub, net: socket}
	for range busyFrames {
		c.push([]byte("e"))
		resting(t, c)
	}
	if writes := socket.taken(); len(writes) != busyFrames {
		t.Fatalf("the first events came in %q", writes)
	}
	return c, socket
}

func resting(t *testing.T, c *conn) {
	t.Helper()
	testenv.Until(t, "everything that may be written is written", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return !c.writing
	})
}

func (w *written) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := w.taken(); !slices.Equal(got, want) {
		t.Errorf("written were %q, not %q", got, want)
	}
}

func TestABusyConnectionGetsManyEventsInOneWriteAndWhatItWaitsForAtOnce(t *testing.T) {
	c, socket := pushed(t)
	for _, event := range []string{"1", "2", "3"} {
		c.push([]byte(event))
	}
	resting(t, c)
	socket.expect(t)
	c.hub.pacer.beat()
	resting(t, c)
	socket.expect(t, "123")

	c.push([]byte("4"))
	c.send([]byte("ack"))
	resting(t, c)
	socket.expect(t, "4ack") // in their order
	c.hub.pacer.beat()
	resting(t, c)
	socket.expect(t)
}

func TestAConnectionIsBusyForAsLongAsEventsKeepComing(t *testing.T) {
	c, socket := pushed(t)
	for beat := range 3 * busyPaces {
		for range 10 {
			c.push([]byte("e"))
			resting(t, c)
		}
		c.hub.pacer.beat()
		resting(t, c)
		if writes := socket.taken(); len(writes) != 1 {
			t.Fatalf("at beat %d events came in %q", beat, writes)
		}
	}
	for range 2 * busyPaces {
		c.hub.pacer.beat()
	}
	for range busyFrames {
		c.push([]byte("e"))
		resting(t, c)
	}
	if writes := socket.taken(); len(writes) != busyFrames {
		t.Errorf("after a rest, events came in %q", writes)
	}
}

func TestAQuickReaderIsNotTooSlowBecauseItsEventsWait(t *testing.T) {
	c, socket := pushed(t)
	event := bytes.Repeat([]byte("e"), 8000)
	for range 2 * c.hub.queueBytes / len(event) {
		c.push(event)
		resting(t, c)
	}
	c.hub.pacer.beat()
	resting(t, c)
	size := 0
	for _, w := range socket.taken() {
		size += len(w)
	}
	if want := 2 * c.hub.queueBytes / len(event) * len(event); size != want || c.isClosing() {
		t.Errorf("of %d bytes %d came; closed: %v", want, size, c.isClosing())
	}
}

func TestAReaderWhoseQueueOverflowsWhileItWaitsForThePaceIsToldAtOnce(t *testing.T) {
	c, socket := pushed(t)
	c.push([]byte("e"))
	c.push(make([]byte, c.hub.queueBytes))
	resting(t, c)
	if all := socket.taken(); len(all) != 1 || !strings.Contains(all[0], "4408") {
		t.Errorf("written were %q", all)
	}
}

func TestWhatWaitsForThePaceIsNotSentAfterTheSessionEnded(t *testing.T) {
	c, socket := pushed(t)
	c.push([]byte("secret"))
	c.endSession(closeSessionEnded, "")
	c.hub.pacer.beat()
	resting(t, c)
	all := socket.taken()
	if len(all) == 0 || slices.ContainsFunc(all, func(w string) bool { return bytes.Contains([]byte(w), []byte("secret")) }) {
		t.Errorf("written were %q", all)
	}
}

func TestWhatWaitsForThePaceGoesOutBeforeAnyOtherEnd(t *testing.T) {
	c, socket := pushed(t)
	c.push([]byte("last words"))
	c.shut(closeRestart, 0)
	resting(t, c)
	if all := socket.taken(); len(all) != 1 || !bytes.HasPrefix([]byte(all[0]), []byte("last words")) {
		t.Errorf("written were %q", all)
	}
}

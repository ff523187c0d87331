package edge

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

// raw puts bodies straight into the stream, as nobody but a stranger with the
// operator's password could: without a message id, and not even events. It
// speaks NATS's own text protocol, and waits until the stream has them.
func (w *world) raw(subject string, bodies ...string) {
	w.t.Helper()
	stream, _ := events.StreamOf(subject)
	want := w.lastSeqOf(stream) + uint64(len(bodies))
	u, err := url.Parse(w.nats)
	if err != nil {
		w.t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprint(conn, "CONNECT {\"verbose\":false}\r\n")
	for _, body := range bodies {
		fmt.Fprintf(conn, "PUB %s %d\r\n%s\r\n", subject, len(body), body)
	}
	fmt.Fprint(conn, "PING\r\n")
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "-ERR") {
			w.t.Fatal(lines.Text())
		}
		if lines.Text() == "PONG" {
			testenv.Until(w.t, "the stream has it", func() bool { return w.lastSeqOf(stream) >= want })
			return
		}
	}
	w.t.Fatal("NATS did not answer")
}

// clientKey returns a client's key made at a time.
func clientKey(at time.Time) string {
	id := uuid.Must(uuid.NewV7())
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id.String()
}

// posted returns a message as an edge would have published it.
func posted(p *person, room, key, text string) events.Event {
	return events.New(events.MessagePosted, chat.MessageID(p.id, room, key), room, events.Person{ID: p.id, Name: p.name}, time.Now(),
		events.MessagePostedData{Key: key, Text: text})
}

// lastSeqOf returns the newest sequence of a stream.
func (w *world) lastSeqOf(s events.Stream) uint64 {
	w.t.Helper()
	state, err := w.log.State(w.t.Context(), s)
	if err != nil {
		w.t.Fatal(err)
	}
	return state.Last
}

// inRoom returns what the log holds of a room.
func (w *world) inRoom(room string) []events.Entry {
	w.t.Helper()
	entries, more, err := w.log.Read(w.t.Context(), events.Chat.Subject(room), 0, 1000)
	if err != nil || more {
		w.t.Fatal(err, more)
	}
	return entries
}

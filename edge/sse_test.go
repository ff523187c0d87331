package edge

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

// listening is a client's SSE stream.
type listening struct {
	t    *testing.T
	resp *http.Response
	in   *bufio.Reader
}

// sseEvent is one event as a browser would dispatch it.
type sseEvent struct{ id, name, data, retry string }

// listens opens the stream of a person's notifications.
func (p *person) listens(n *node, lastID string) *listening {
	p.t.Helper()
	req, err := http.NewRequest("GET", n.url+"/api/notifications/stream", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	return listen(p.t.(*testing.T), n, req)
}

func listen(t *testing.T, n *node, req *http.Request) *listening {
	t.Helper()
	resp, err := n.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("X-Accel-Buffering") != "no" {
		t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	l := &listening{t, resp, bufio.NewReader(resp.Body)}
	if first, err := l.in.ReadString('\n'); err != nil || first != "retry: 3000\n" {
		t.Fatalf("first line %q %v", first, err)
	}
	return l
}

// next reads an event, as WHATWG HTML section 9.2.6 says: a line also ends at a CR.
func (l *listening) next() sseEvent {
	l.t.Helper()
	timer := time.AfterFunc(patience, func() { l.resp.Body.Close() })
	defer timer.Stop()
	var e sseEvent
	for {
		line, err := l.in.ReadString('\n')
		if err != nil {
			l.t.Fatalf("the stream ended: %v", err)
		}
		for _, line := range strings.Split(strings.TrimSuffix(line, "\n"), "\r") {
			if line == "" && (e.data != "" || e.name != "") {
				return e
			}
			field, value, _ := strings.Cut(line, ": ")
			switch field {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				e.data += value
			case "retry":
				e.retry = value
			}
		}
	}
}

func (l *listening) hears(name string) sseEvent {
	l.t.Helper()
	for {
		if e := l.next(); e.name == name {
			return e
		}
	}
}

// ended waits for the stream's end.
func (l *listening) ended() {
	l.t.Helper()
	timer := time.AfterFunc(patience, func() { l.t.Error("the stream did not end"); l.resp.Body.Close() })
	defer timer.Stop()
	for {
		if _, err := l.in.ReadString('\n'); err != nil {
			return
		}
	}
}

// notifies puts a notification for p into the log, as the notifier would: from a
// room of that name.
func (w *world) notifies(p *person, room string) uint64 {
	w.t.Helper()
	source := chat.NewID()
	return w.puts(events.New(events.Notified, chat.NotificationID(p.id, source, "mention"), p.id, events.Person{}, time.Now(),
		events.NotifiedData{Kind: "mention", Room: chat.NewID(), Name: room, Source: source, Seq: 1}))
}

func (w *world) puts(ev events.Event) uint64 {
	w.t.Helper()
	seq, _, err := w.log.Publish(w.t.Context(), ev)
	if err != nil {
		w.t.Fatal(err)
	}
	return seq
}

func TestNotificationsAreStreamedAndResumedByLastEventIDOnAnyEdge(t *testing.T) {
	leaks(t)
	w := newLoneWorld(t)
	one, two := w.edge(), w.edge()
	ada := one.join(t, "ada")
	l := ada.listens(one, "")
	testenv.Until(t, "the stream is attached", func() bool { return valueOf(t, one.hub.metrics.subscribed) == 1 && attachedTo(one, ada.id) })
	w.notifies(ada, "a")
	first := l.hears("notification")
	for _, name := range numbered("b", 300) {
		w.notifies(ada, name)
	}
	w.puts(events.New(events.NotificationRead, chat.NewID(), ada.id, events.Person{ID: ada.id, Name: "ada"}, time.Now(), events.NotificationReadData{UpTo: 1}))
	for _, n := range []*node{one, two} {
		again := ada.listens(n, first.id)
		for i := range 300 {
			e := again.next()
			var d struct {
				Seq   uint64
				Event events.Event
			}
			if err := json.Unmarshal([]byte(e.data), &d); err != nil {
				t.Fatal(err)
			}
			data, err := events.DataOf[events.NotifiedData](d.Event)
			if err != nil || data.Name != fmt.Sprintf("b %d", i) || e.name != "notification" || !strings.HasSuffix(e.id, "-"+utoa(d.Seq)) {
				t.Fatalf("event %d: %+v (%v)", i, e, err)
			}
		}
		if e := again.next(); e.name != "read" {
			t.Errorf("%+v", e)
		}
	}
}

// attachedTo reports whether somebody hears the user's notifications live.
func attachedTo(n *node, user string) bool {
	n.hub.mu.RLock()
	topic := n.hub.topics[events.Notify.Subject(user)]
	n.hub.mu.RUnlock()
	if topic == nil {
		return false
	}
	topic.mu.Lock()
	defer topic.mu.Unlock()
	return len(topic.live) > 0
}

func TestALastEventIDThatCannotBeHonouredIsAnsweredByReset(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	w.notifies(ada, "a")
	inc := w.log.Incarnation(events.Notify)
	for id, want := range map[string]string{"0badc0de-1": "incarnation", inc + "-99999": "future"} {
		if e := ada.listens(one, id).next(); e.name != "reset" || !strings.Contains(e.data, want) {
			t.Errorf("%s: %+v", id, e)
		}
	}
	for _, id := range []string{"x", inc + "-1\tx", strings.Repeat("1", 10_000)} {
		ada.call(one, "GET", "/api/notifications/stream", "", "Last-Event-ID", id).problem(t, 400, chat.BadPosition)
	}
}

func TestWhateverATextHoldsIsOneEvent(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	l := ada.listens(one, w.log.Incarnation(events.Notify)+"-0")
	evil := "a\rdata: b\revent: bye\r\r\n\ndata: c\nid: 0badc0de-9\u2028d"
	w.notifies(ada, evil)
	// Somebody wrote line breaks between the tokens straight into the log.
	ev := events.New(events.Notified, chat.NewID(), ada.id, events.Person{}, time.Now(), events.NotifiedData{Kind: "mention"})
	body := string(ev.Encode())
	w.raw(events.Notify.Subject(ada.id), strings.Replace(body, `{`, "{\r\n\n", 1), strings.Replace(body, `,"id"`, ",\r\"id\"", 1))
	for i := range 3 {
		e := l.next()
		var d sseEventData
		if e.name != "notification" || json.Unmarshal([]byte(e.data), &d) != nil {
			t.Fatalf("event %d: %+v", i, e)
		}
		decoded, err := events.Decode(d.Event)
		if err != nil {
			t.Fatal(err)
		}
		if data, _ := events.DataOf[events.NotifiedData](decoded); i == 0 && data.Name != evil {
			t.Errorf("the name became %q", data.Name)
		}
	}
}

func TestATicketOpensAStreamOrASocketOnce(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	ticket := func() string {
		return into[struct {
			Ticket string `json:"ticket"`
			In     int    `json:"expires_in"`
		}](t, ada.call(one, "POST", "/api/tickets", "").must(t, 200)).Ticket
	}
	first := ticket()
	req, _ := http.NewRequest("GET", one.url+"/api/notifications/stream?ticket="+first, nil)
	listen(t, one, req)
	one.call(t, "GET", "/api/notifications/stream?ticket="+first, "").problem(t, 401, chat.Unauthenticated)
	second := ticket()
	ws, _, err := one.tryDial("?ticket=" + second)
	if err != nil {
		t.Fatal(err)
	}
	s := &socket{t: t, ws: ws}
	defer ws.Close()
	if h := s.hears("welcome"); h.ID != 0 {
		t.Errorf("%+v", h)
	}
	if _, resp, err := one.tryDial("?ticket=" + second); err == nil || resp.StatusCode != 401 {
		t.Errorf("the ticket again: %v %v", resp, err)
	}
	one.call(t, "GET", "/api/notifications/stream", "").problem(t, 401, chat.Unauthenticated)
}

package sql_test

import (
	"context"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

const incarnation = "0a1b2c3d"

// fakeLog stands in for the log: it numbers what is published.
type fakeLog struct {
	mu      sync.Mutex
	seqs    map[events.Stream]uint64
	entries []events.Entry
}

func (l *fakeLog) publish(_ context.Context, ev events.Event, _ time.Time) (uint64, error) {
	return l.append(ev).Seq, nil
}

func (l *fakeLog) append(ev events.Event) events.Entry {
	row, _ := events.Lookup(ev.Type)
	return l.appendRaw(row.Stream, ev.Subject(), ev.Encode())
}

func (l *fakeLog) appendRaw(s events.Stream, subject string, body []byte) events.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seqs == nil {
		l.seqs = map[events.Stream]uint64{}
	}
	l.seqs[s]++
	entry := events.Entry{Stream: s, Subject: subject, Seq: l.seqs[s], Body: body, Time: time.Now().UTC().Truncate(time.Microsecond)}
	l.entries = append(l.entries, entry)
	return entry
}

// of returns a stream's entries in from < seq ≤ to.
func (l *fakeLog) of(s events.Stream, from, to uint64) []events.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []events.Entry
	for _, e := range l.entries {
		if e.Stream == s && e.Seq > from && e.Seq <= to {
			found = append(found, e)
		}
	}
	return found
}

func (l *fakeLog) last(s events.Stream) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seqs[s]
}

func (l *fakeLog) batch(s events.Stream, from, to uint64) events.Batch {
	return events.Batch{Stream: s, Incarnation: incarnation, From: from, To: to, Entries: l.of(s, from, to)}
}

func posted(by events.Person, room, text string, mentions ...events.Person) events.Event {
	key := chat.NewID()
	return events.New(events.MessagePosted, chat.MessageID(by.ID, room, key), room, by, time.Now(),
		events.MessagePostedData{Key: key, Text: text, Mentions: mentions})
}

func marked(by events.Person, room string, seq uint64) events.Event {
	return events.New(events.ReadMarked, chat.NewID(), room, by, time.Now(), events.ReadMarkedData{Seq: seq})
}

func notified(user, room, source string, seq uint64) events.Event {
	return events.New(events.Notified, chat.NotificationID(user, source, "mention"), user, events.Person{}, time.Now(),
		events.NotifiedData{Kind: "mention", Room: room, Source: source, Seq: seq})
}

func readUpTo(user string, seq uint64, room string) events.Event {
	return events.New(events.NotificationRead, chat.NewID(), user, events.Person{}, time.Now(),
		events.NotificationReadData{UpTo: seq, Room: room})
}

// eventOf decodes what this test has written itself.
func eventOf(e events.Entry) events.Event {
	ev, err := e.Event()
	if err != nil {
		panic(err)
	}
	return ev
}

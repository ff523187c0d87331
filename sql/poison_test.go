package sql_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// envelope returns a body with the given data, as somebody may put it straight
// into the log.
func envelope(t events.Type, scope, actor, data string) []byte {
	return fmt.Appendf(nil, `{"type":%q,"id":%q,"scope":%q,"actor":{"id":%q,"name":"x"},"time":"2026-11-21T10:00:00Z","v":1,"data":%s}`,
		t, chat.NewID(), scope, actor, data)
}

func TestWhatCanNeverBeStoredIsPermanentAndTheRestGoesOn(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	room := sql.LobbyID
	cases := map[string]struct {
		stream events.Stream
		body   []byte
	}{
		"no JSON":                     {events.Chat, []byte("{")},
		"on another room's subject":   {events.Chat, envelope(events.MessagePosted, chat.NewID(), ada.ID, `{"text":"x"}`)},
		"a NUL in the text":           {events.Chat, envelope(events.MessagePosted, room, ada.ID, `{"text":"a\u0000b"}`)},
		"bytes that are not UTF-8":    {events.Chat, envelope(events.MessagePosted, room, ada.ID, "{\"text\":\"a\xffb\"}")},
		"a mention that is no id":     {events.Chat, envelope(events.MessagePosted, room, ada.ID, `{"text":"x","mentions":[{"id":"*"}]}`)},
		"a type that is not UTF-8":    {events.Chat, []byte(strings.Replace(string(envelope("poll.opened", room, ada.ID, "{}")), "poll", "p\xff", 1))},
		"a marker beyond all numbers": {events.Reads, envelope(events.ReadMarked, room, ada.ID, `{"seq":18446744073709551615}`)},
		"nobody's marker":             {events.Reads, envelope(events.ReadMarked, room, "", `{"seq":1}`)},
		"a notification of no room":   {events.Notify, envelope(events.Notified, room, "", `{"kind":"mention","room":"","source":""}`)},
		"a read of a room that is no id": {events.Notify,
			envelope(events.NotificationRead, room, "", `{"up_to":1,"room":"*"}`)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w.fold()
			before := w.log.last(c.stream)
			bad := w.log.appendRaw(c.stream, c.stream.Prefix()+room, c.body)
			p := w.Projection(consumers[c.stream])
			err := p.Apply(t.Context(), w.log.batch(c.stream, before, bad.Seq))
			if !sql.IsPermanent(err) {
				t.Fatalf("got %v", err)
			}
			burial := events.Burial{Stream: c.stream, Incarnation: incarnation, From: before, Entry: bad, Reason: err.Error()}
			if err := p.Bury(t.Context(), burial); err != nil {
				t.Fatal(err)
			}
			letters := must[[]sql.DeadLetter](t)(w.DeadLetters(t.Context(), c.stream, before, 10))
			if len(letters) != 1 || letters[0].Seq != bad.Seq || string(letters[0].Body) != string(bad.Body) || letters[0].Reason != err.Error() || !letters[0].At.Equal(bad.Time) {
				t.Errorf("dead letters: %+v", letters)
			}
			w.fold() // what follows is applied
		})
	}
}

func TestADeadLetterHoldsWhateverCame(t *testing.T) {
	w := newWorld(t)
	w.person("ada")
	w.fold()
	at := w.log.last(events.Chat)
	p := w.Projection(sql.ChatConsumer)
	burial := events.Burial{Stream: events.Chat, Incarnation: incarnation, From: at,
		Entry:  events.Entry{Stream: events.Chat, Subject: "chat.\xff\x00", Seq: at + 1, Body: nil},
		Reason: "a\x00b\xff" + strings.Repeat("é", 5000)}
	if err := p.Bury(t.Context(), burial); err != nil {
		t.Fatal(err)
	}
	if err := p.Bury(t.Context(), burial); err == nil {
		t.Error("a second burial was not fenced")
	}
	letters := must[[]sql.DeadLetter](t)(w.DeadLetters(t.Context(), events.Chat, at, 10))
	if len(letters) != 1 || len(letters[0].Reason) > 2000 || letters[0].Consumer != sql.ChatConsumer {
		t.Errorf("got %+v", letters)
	}
}

func TestTwoEventsAtOneSequenceAreNeverReducedToOne(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	w.fold()
	at := w.log.last(events.Chat)
	p := w.Projection(sql.ChatConsumer)
	batch := w.log.batch(events.Chat, at, at+1)
	batch.Entries = []events.Entry{{Stream: events.Chat, Subject: "chat." + sql.LobbyID, Seq: at, // a sequence that has a row
		Body: posted(ada, sql.LobbyID, "another").Encode()}}
	if err := p.Apply(t.Context(), batch); !sql.IsPermanent(err) {
		t.Errorf("got %v", err)
	}
}

func TestReadMarkersOnlyGrow(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	for _, c := range []struct{ mark, want uint64 }{{5, 5}, {3, 5}, {9, 9}, {9, 9}, {0, 9}, {math.MaxInt64, math.MaxInt64}, {10, math.MaxInt64}} {
		w.log.append(marked(ada, sql.LobbyID, c.mark))
		w.fold()
		if got := w.everybody(sql.LobbyID)[0].Read; got != c.want {
			t.Errorf("after %d the marker is %d, want %d", c.mark, got, c.want)
		}
	}
}

func TestNotificationsAreMarkedReadUpToASequenceAndByRoom(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	news, tea := chat.NewID(), chat.NewID()
	for _, room := range []string{news, tea, news, tea} {
		w.log.append(notified(ada.ID, room, chat.NewID(), 1))
	}
	check := func(step string, want ...bool) { // newest first
		t.Helper()
		w.fold()
		items, unread, offset, err := w.Notifications(t.Context(), ada.ID, 0, 10)
		if err != nil || offset != w.log.last(events.Notify) || len(items) != len(want) {
			t.Fatalf("%s: %d items, offset %d, %v", step, len(items), offset, err)
		}
		for i, read := range want {
			if items[i].Read != read {
				t.Errorf("%s: notification %d is read: %v", step, items[i].Seq, items[i].Read)
			}
			if !read {
				unread--
			}
		}
		if unread != 0 {
			t.Errorf("%s: the count is off by %d", step, unread)
		}
	}
	check("new", false, false, false, false)
	w.log.append(readUpTo(ada.ID, 3, news))
	check("news up to 3", false, true, false, true)
	w.log.append(readUpTo(ada.ID, 2, ""))
	check("all up to 2", false, true, true, true)
	w.log.append(readUpTo(ada.ID, 1000, "")) // reaches no further than its own place
	w.log.append(notified(ada.ID, news, chat.NewID(), 1))
	check("all, then a new one", false, true, true, true, true)

	items, unread, _, err := w.Notifications(t.Context(), ada.ID, 3, 1)
	if err != nil || len(items) != 1 || items[0].Seq != 2 || unread != 1 {
		t.Errorf("a page: %v, %d unread, %v", items, unread, err)
	}
	items, unread, _, err = w.Notifications(t.Context(), chat.NewID(), 0, 10)
	if err != nil || len(items) != 0 || unread != 0 {
		t.Errorf("a stranger: %v, %d unread, %v", items, unread, err)
	}
}

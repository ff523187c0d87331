package jetstream

import (
	"fmt"
	"slices"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

func texts(t *testing.T, entries []events.Entry) []string {
	var all []string
	for _, e := range entries {
		all = append(all, textOf(t, e))
	}
	return all
}

func TestReadBackBringsTheNewestHoweverRarelyTheRoomSpeaks(t *testing.T) {
	l := newLog(t)
	rare, busy := chat.NewID(), chat.NewID()
	var rareSeqs []uint64
	for i := range 30 {
		rareSeqs = append(rareSeqs, publish(t, l, post(rare, fmt.Sprint(i))))
		done := make(chan struct{}, 40)
		for j := range 40 {
			l.PublishAsync(post(busy, fmt.Sprint(i, j)), func(uint64, bool, error) { done <- struct{}{} })
		}
		for range 40 {
			<-done
		}
	}
	subject := events.Chat.Subject(rare)
	for _, c := range []struct {
		floor, before uint64
		limit         int
		want          []string
	}{
		{0, 0, 3, []string{"27", "28", "29"}},
		{0, rareSeqs[5], 2, []string{"3", "4"}},
		{rareSeqs[26], 0, 10, []string{"27", "28", "29"}},
		{rareSeqs[3], rareSeqs[5], 10, []string{"4"}},
		{0, rareSeqs[0], 10, nil},
		{0, 0, 100, func() (all []string) {
			for i := range 30 {
				all = append(all, fmt.Sprint(i))
			}
			return
		}()},
	} {
		got, err := l.ReadBack(t.Context(), subject, c.floor, c.before, c.limit)
		if err != nil || !slices.Equal(texts(t, got), c.want) {
			t.Errorf("newest %d in (%d, %d): %v, %v; want %v", c.limit, c.floor, c.before, texts(t, got), err, c.want)
		}
	}
}

func TestLastBringsOnlySubjectsWithSomethingNewer(t *testing.T) {
	l := newLog(t)
	a, b, empty := chat.NewID(), chat.NewID(), chat.NewID()
	publish(t, l, post(a, "a1"))
	mark := publish(t, l, post(a, "a2"))
	publish(t, l, post(b, "b1"))
	subjects := []string{events.Chat.Subject(a), events.Chat.Subject(b), events.Chat.Subject(empty)}
	got, err := l.Last(t.Context(), subjects, 0)
	if err != nil || !slices.Equal(texts(t, got), []string{"a2", "b1"}) {
		t.Errorf("all: %v, %v", texts(t, got), err)
	}
	got, err = l.Last(t.Context(), subjects, mark)
	if err != nil || !slices.Equal(texts(t, got), []string{"b1"}) {
		t.Errorf("after %d: %v, %v", mark, texts(t, got), err)
	}
	if got, err = l.Last(t.Context(), subjects[2:], 0); err != nil || len(got) != 0 {
		t.Errorf("of an empty room: %v, %v", got, err)
	}
}

func TestAPublishersOwnHeadersAreNotBelieved(t *testing.T) {
	l := newLog(t)
	room := chat.NewID()
	ev := post(room, "spoof")
	msg := message(events.Chat, &pending{id: ev.ID, subject: ev.Subject(), body: ev.Encode()})
	msg.Header.Set("Nats-Sequence", "999999")
	msg.Header.Set("Nats-Subject", "chat.elsewhere")
	msg.Header.Set("Status", "204")
	if _, err := l.write.RequestMsgWithContext(t.Context(), msg); err != nil {
		t.Fatal(err)
	}
	got, _, err := l.Read(t.Context(), ev.Subject(), 0, 10)
	if err != nil || len(got) != 1 || got[0].Seq != 1 || got[0].Subject != ev.Subject() {
		t.Errorf("read %+v, %v", got, err)
	}
}

func TestAStreamThatNobodyHasWrittenToBeginsAtOne(t *testing.T) {
	l := newLog(t)
	if s, err := l.State(t.Context(), events.Chat); err != nil || s != (State{First: 1, Last: 0}) {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestCheckNamesWhatIsNotSetUp(t *testing.T) {
	l := newLog(t)
	if err := l.js.DeleteStream(t.Context(), string(events.Notify)); err != nil {
		t.Fatal(err)
	}
	if err := l.Check(t.Context()); err == nil || err.Error() != "stream NOTIFY does not exist: run `natter setup` first" {
		t.Errorf("got %v", err)
	}
	if err := l.Setup(t.Context(), SetupOptions{ChatBytes: 64 << 20, FirstSeq: map[events.Stream]uint64{events.Notify: 42}}); err != nil {
		t.Fatal(err)
	}
	if s, err := l.State(t.Context(), events.Notify); err != nil || s.First != 42 {
		t.Errorf("a recreated stream starts at %+v, %v", s, err)
	}
}

package edge

import (
	"slices"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/testenv"
)

func TestAReaderThatStopsIsClosedWithItsReasonAndResumesWhileOthersGoOn(t *testing.T) {
	leaks(t)
	w := newLoneWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.QueueBytes = minQueue })
	ada := one.join(t, "ada")
	room := ada.makes(one, "public", "tea").ID
	slow, quick := ada.connectsWith(one, 64<<10), ada.connects(one)
	start := slow.follows(room, "")
	had := seqOf(t, start.Position)
	quick.follows(room, "")
	texts := numbered(strings.Repeat("x", 7000), 800)
	read := had
	for chunk := range slices.Chunk(texts, 50) {
		w.publishes(ada, room, chunk...)
		var got []string
		if got, read = quick.hearsTexts(len(chunk), read); !slices.Equal(got, chunk) {
			t.Fatalf("who reads saw something else after %d", read)
		}
	}
	testenv.Until(t, "the queue was full", func() bool { return valueOf(t, one.hub.metrics.overflows) == 1 })

	var got []string
	for {
		h, err := slow.read()
		if err != nil {
			t.Fatalf("no bye: %v", err)
		}
		if h.Op == "bye" {
			if string(h.Code) != "4408" || h.Reason == "" {
				t.Errorf("bye %+v", h)
			}
			break
		}
		if h.Op != "event" || h.Prev > had {
			t.Fatalf("after %d came %+v", had, h)
		}
		had = h.Seq
		got = append(got, h.text(t))
	}
	if code, _ := slow.ends(); code != 4408 {
		t.Errorf("closed with %d", code)
	}
	if len(got) == len(texts) {
		t.Fatal("the slow reader got everything: it was not slow")
	}
	again := ada.connects(one)
	if a := again.follows(room, w.start()[:9]+utoa(had)); a.Op != "subscribed" {
		t.Fatalf("%+v", a)
	}
	rest, _ := again.hearsTexts(len(texts)-len(got), had)
	if !slices.Equal(append(got, rest...), texts) {
		t.Errorf("saw %d and %d texts, not those that were posted", len(got), len(rest))
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("closed 4408: %v, 1006: %v, open: %v", valueOf(t, one.hub.metrics.closes.WithLabelValues("4408")),
				valueOf(t, one.hub.metrics.closes.WithLabelValues("1006")), valueOf(t, one.hub.metrics.connections.WithLabelValues("websocket")))
		}
	})
	testenv.Until(t, "the slow connection is put away", func() bool {
		return valueOf(t, one.hub.metrics.closes.WithLabelValues("4408")) == 1 && valueOf(t, one.hub.metrics.connections.WithLabelValues("websocket")) == 2
	})
}

func TestAReplayNeverOverflowsAReaderThatPauses(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.QueueBytes = minQueue })
	ada := one.join(t, "ada")
	room := ada.makes(one, "public", "tea").ID
	texts := numbered(strings.Repeat("x", 7000), 800) // more than a kernel keeps for a sender
	w.publishes(ada, room, texts...)
	s := ada.connectsWith(one, 64<<10)
	s.follows(room, w.start())
	testenv.Until(t, "the replay waits for its reader", func() bool {
		cs := one.hub.conns.list(nil)
		cs[0].mu.Lock()
		defer cs[0].mu.Unlock()
		return cs[0].queued > minQueue/4 && cs[0].drained != nil
	})
	if got, _ := s.hearsTexts(len(texts), 0); !slices.Equal(got, texts) {
		t.Errorf("saw %d texts, not those that were posted", len(got))
	}
	if n := valueOf(t, one.hub.metrics.overflows); n != 0 {
		t.Errorf("%v overflows", n)
	}
}

func TestPostsOnOneSocketAreLoggedInTheOrderSentAndAcked(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, "public", "tea").ID
	s := ada.connects(one)
	had := seqOf(t, s.follows(room, "").Position)
	texts := numbered("m", 200)
	for i, text := range texts {
		s.sends(postFrame{Op: "post", ID: uint64(i + 1), Room: room, Key: chat.NewID(), Text: text})
	}
	var got []string
	acks := 0
	for len(got) < len(texts) || acks < len(texts) {
		h := s.next()
		switch h.Op {
		case "ack":
			acks++
			if h.Durability != "fsync" || h.Message == "" || h.Room != room || h.ID == 0 || seqOf(t, h.Position) != h.Seq {
				t.Errorf("ack %+v", h)
			}
		case "event":
			if h.Prev > had || h.Seq <= had {
				t.Fatalf("after %d came %+v", had, h)
			}
			had = h.Seq
			got = append(got, h.text(t))
		default:
			t.Fatalf("%+v", h)
		}
	}
	if !slices.Equal(got, texts) {
		t.Error("the log has another order")
	}
}

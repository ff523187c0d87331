package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

func TestMessagesThatChangeReadTheSameEverywhereAndADeletedOneIsNowhere(t *testing.T) {
	w := town(t)
	alice, bob := w.Person("alice").On(w.Edges[0]), w.Person("bob").On(w.Edges[1])
	room := alice.Creates("tea")
	bob.Joins(room)
	start := alice.Posts(room, "let us begin")
	bob.Follows(room)
	secret := "nobody shall know " + random(12)
	said := alice.Posts(room, "first "+secret)
	kept := alice.Posts(room, "I like tee")
	second := func(_ any, err error) { t.Helper(); alice.must("amend", err) }
	elsewhere := alice.On(w.Edges[1])
	second(elsewhere.Edit(elsewhere.ctx(), room, said.Seq, chat.NewID(), "then "+secret))
	second(elsewhere.Edit(elsewhere.ctx(), room, kept.Seq, chat.NewID(), "I like tea"))
	answer, err := bob.Answer(bob.ctx(), room, chat.NewID(), "me too", kept.Seq)
	bob.must("answer", err)
	second(bob.React(bob.ctx(), room, kept.Seq, "☕", true))
	second(alice.Pin(alice.ctx(), room, kept.Seq, true))
	second(alice.Delete(alice.ctx(), room, said.Seq))
	last := alice.Posts(room, "that was all")
	bob.Sees(room, "that was all")

	eventually(t, deadline, func() error { return w.nowhere(secret) })
	for _, who := range []*Person{alice, elsewhere, bob, w.Person("carol").On(w.Edges[1])} {
		if strings.HasPrefix(who.Name, "carol") { // a fresh client
			who.Joins(room)
		}
		page, err := who.History(who.ctx(), room, "", "", 50)
		who.must("read", err)
		told := tellsOf(page.Items, said.Seq, kept.Seq, answer.Seq)
		if want := `[message.erased [] false "" I like tea [☕1] true "" me too [] false "I like tea"]`; told != want {
			t.Errorf("%s reads %s, want %s", who.Name, told, want)
		}
		raw, _ := json.Marshal(page)
		polled, err := who.Poll(who.ctx(), room, start.Position, 0)
		if who.Name == bob.Name {
			who.must("poll", err)
		}
		more, _ := json.Marshal(polled)
		if bytes.Contains(append(raw, more...), []byte(secret)) {
			t.Errorf("%s is told the deleted text: %s %s", who.Name, raw, more)
		}
		had := start.Seq
		for _, e := range polled.Events {
			if e.Prev != had {
				t.Errorf("%s: seq %d with prev %d after %d", who.Name, e.Seq, e.Prev, had)
			}
			had = e.Seq
		}
		if err == nil && had < last.Seq {
			t.Errorf("%s polls up to %d, want %d", who.Name, had, last.Seq)
		}
	}
	dave := w.Person("dave").On(w.Edges[0])
	dave.Joins(room)
	dave.FollowsFrom(room, start.Position)
	dave.Sees(room, "that was all")
	dave.SawNoReset(room)
	dave.NeverSaw(room, "then "+secret)
	pins, err := bob.Pins(bob.ctx(), room)
	bob.must("read the pins", err)
	if len(pins) != 1 || pins[0].Seq != kept.Seq {
		t.Errorf("pins %+v", pins)
	}
	audit(t, w.Cluster)
}

// tellsOf writes what items say of some messages, and what stands beside them.
func tellsOf(items []chat.Item, seqs ...uint64) string {
	var all []any
	for _, seq := range seqs {
		for _, item := range items {
			if item.Seq != seq {
				continue
			}
			text, reactions, quote := "", []string{}, ""
			if ev, err := events.Decode(item.Event); err == nil && ev.Type == events.MessagePosted {
				data, _ := events.DataOf[events.MessagePostedData](ev)
				text = data.Text
			} else {
				text = string(ev.Type)
			}
			for _, r := range item.Reactions {
				reactions = append(reactions, fmt.Sprint(r.Emoji, r.Count))
			}
			if item.Quote != nil {
				quote = item.Quote.Excerpt
			}
			all = append(all, text, reactions, item.Pinned, fmt.Sprintf("%q", quote))
		}
	}
	return fmt.Sprint(all)
}

// nowhere returns an error that says where the text still is: in any column of
// any table, or in the files of the log.
func (w *Town) nowhere(text string) error {
	for _, row := range w.query(`SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`) {
		if n := w.query(fmt.Sprintf(`SELECT count(*) FROM %q t WHERE t::text LIKE '%%%s%%'`, row[0], text))[0][0]; n != "0" {
			return fmt.Errorf("%s rows of %s hold it", n, row[0])
		}
	}
	dir := w.NATS.Dir()
	found := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if os.IsNotExist(err) {
				return nil
			}
			return err
		}
		found++
		body, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		if err == nil && bytes.Contains(body, []byte(text)) {
			err = fmt.Errorf("%s holds it", path)
		}
		return err
	})
	if err == nil && found == 0 {
		err = fmt.Errorf("%s holds no files", dir)
	}
	return err
}

package sql_test

import (
	"slices"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// applies folds what one stream has and the tables do not.
func (w *world) applies(s events.Stream) error {
	p := w.Projection(consumers[s])
	from, err := p.Offset(w.t.Context(), s, incarnation)
	if to := w.log.last(s); err == nil && to > from {
		err = p.Apply(w.t.Context(), w.log.batch(s, from, to))
	}
	return err
}

// Without readLock, in either fold, the last round leaves a notification unread
// whose room is read.
func TestWhoHasReadARoomHasReadItsNotificationsInWhateverOrderTheyCome(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	w.join(bob, room)
	unread := func() int {
		_, n, _, err := w.Notifications(t.Context(), bob.ID, 0, 100)
		w.must(err)
		return n
	}
	say := func() uint64 {
		ev := posted(ada, room, "@bob", bob)
		seq := w.log.append(ev).Seq
		w.log.append(notified(bob.ID, room, ev.ID, seq))
		return seq
	}
	w.fold()
	first := say()
	w.log.append(marked(bob, room, first))
	w.must(w.applies(events.Reads)) // the marker is there first
	w.must(w.applies(events.Notify))
	if n := unread(); n != 0 {
		t.Errorf("%d are unread that came after their marker", n)
	}
	second, third := say(), say()
	w.must(w.applies(events.Notify)) // the notifications are
	w.log.append(marked(bob, room, second))
	w.must(w.applies(events.Reads))
	if n := unread(); n != 1 {
		t.Errorf("%d are unread, one was said after the marker", n)
	}
	w.log.append(marked(bob, room, third))
	w.must(w.applies(events.Reads))
	for range 20 { // both at once
		w.log.append(marked(bob, room, say()))
		errs := atOnce(2, func(i int) error { return w.applies([]events.Stream{events.Reads, events.Notify}[i]) })
		w.must(errs[0])
		w.must(errs[1])
		if n := unread(); n != 0 {
			t.Fatalf("%d are unread whose room is read", n)
		}
	}
}

func TestAMessageToAllMentionsEverybodyButItsAuthor(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	w.join(bob, room)
	w.log.append(posted(ada, room, "hello"))
	ev := posted(ada, room, "@room and @bob", bob)
	data, err := events.DataOf[events.MessagePostedData](ev)
	w.must(err)
	data.Crowd = chat.CrowdRoom
	at := w.log.append(events.New(ev.Type, ev.ID, room, ada, ev.Time, data)).Seq
	bobs, _ := w.mine(bob)
	adas, _ := w.mine(ada)
	if r := bobs["News"]; r.Unread != 2 || !slices.Equal(r.Mentioned, []uint64{at}) || r.At != at {
		t.Errorf("bob: %+v", r)
	}
	if r := adas["News"]; r.Unread != 0 || r.Mentions != 0 {
		t.Errorf("ada: %+v", r)
	}
	c, offset, err := w.Unread(t.Context(), bob.ID, room, at-1, 100)
	if err != nil || c.Unread != 1 || c.Since != at-1 || offset != w.log.last(events.Chat) {
		t.Errorf("after the first: %+v, %d, %v", c, offset, err)
	}
	if _, _, err := w.Unread(t.Context(), w.person("eve").ID, room, 0, 100); chat.CodeOf(err) != chat.NotFound {
		t.Errorf("a stranger's: %v", err)
	}
}

func TestALevelIsAMembersAndTellsOnce(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	_, err := w.SetLevel(t.Context(), bob, room, chat.LevelNone)
	wants(t, err, chat.NotFound)
	_, err = w.SetLevel(t.Context(), ada, "*", chat.LevelNone)
	wants(t, err, chat.NotFound)
	for _, level := range []chat.Level{chat.LevelNone, chat.LevelNone, chat.LevelAll} {
		subject, err := w.SetLevel(t.Context(), ada, room, level)
		w.must(err)
		if subject != "" {
			w.flush(subject)
		}
		if rooms, _ := w.mine(ada); rooms["News"].Level != level || rooms["Lobby"].Level != chat.LevelMentions {
			t.Errorf("after %s: %+v", level, rooms["News"])
		}
	}
	if n := w.log.last(events.Notify); n != 2 {
		t.Errorf("three settings, two of them different, are %d events", n)
	}
}

package audit

import (
	"context"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/jetstream"
)

// amends does to messages what can be done to them, and returns one that was
// edited, one that was deleted after it had been edited, and its edit.
func (w *world) amends() (edited, deleted, version uint64) {
	w.Helper()
	edit := func(of events.Event, seq uint64, text string, mentions ...events.Person) uint64 {
		key := chat.NewID()
		return w.publish(events.New(events.MessageEdited, chat.MessageID(of.Actor.ID, w.room, key), w.room, of.Actor, time.Now(),
			events.MessageEditedData{Key: key, Seq: seq, Message: of.ID, Text: text, Mentions: mentions}))
	}
	react := func(seq uint64, by events.Person, on bool) {
		w.publish(events.New(events.MessageReacted, chat.NewID(), w.room, by, time.Now(), events.MessageReactedData{Seq: seq, Emoji: "👍", On: on}))
	}
	pin := func(seq uint64) {
		w.publish(events.New(events.MessagePinned, chat.NewID(), w.room, w.ann, time.Now(), events.MessagePinnedData{Seq: seq, On: true}))
	}
	first, second := w.message("first, @ben", w.ben), w.message("second, @ben", w.ben)
	edited, deleted = w.publish(first), w.publish(second)
	edit(first, edited, "first, corrected")
	edit(first, edited, "first, @ann", w.ann)
	version = edit(second, deleted, "second, corrected", w.ben)
	for _, seq := range []uint64{edited, deleted} {
		react(seq, w.ann, true)
		react(seq, w.ben, true)
		react(seq, w.ann, false)
		react(seq, w.ann, true)
		pin(seq)
	}
	data, _ := events.DataOf[events.MessagePostedData](second)
	gone := events.MessageDeletedData{Seq: deleted, Message: second.ID, Key: data.Key, User: second.Actor, Time: second.Time}
	w.publish(events.New(events.MessageDeleted, chat.NewID(), w.room, w.ben, time.Now(), gone))
	edit(second, deleted, "too late")
	react(deleted, w.ben, true)
	w.settled()
	return edited, deleted, version
}

func TestWhatIsWrongWithAmendedMessagesIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jetstream.SetupOptions{})
	w.amends()
	w.rest()
	w.standAtTheEnds()
	w.finds(Options{}, "")
	all := append(projected, "amendments", "reactions", "pins", "erasures")
	for _, table := range append(all, "rooms", "members") {
		w.exec("CREATE TABLE was_" + table + " AS TABLE " + table)
	}
	const tomb = "(SELECT seq FROM events WHERE type = 'message.erased')"
	const shown = "(SELECT seq FROM events WHERE current IS NOT NULL)"
	for _, c := range []struct {
		what, do, sentence string
		kinds              []Kind
	}{
		{"an edit is gone", "DELETE FROM amendments WHERE type = 'message.edited' AND seq = (SELECT max(seq) FROM amendments WHERE type = 'message.edited')", "neither a row", []Kind{Missing, Changed}},
		{"an edit has other bytes", "UPDATE amendments SET envelope = envelope || ' ' WHERE type = 'message.pinned' AND target = " + shown, "message.pinned", []Kind{Changed}},
		{"an old text is shown", "UPDATE events SET current = NULL WHERE seq = " + shown, "says now", []Kind{Changed, Mention}},
		{"another text is shown", "UPDATE events SET current = replace(current, '@ann', '@eve') WHERE seq = " + shown, "@eve", []Kind{Changed}},
		{"an old mention is left", "INSERT INTO mentions SELECT actor_id, room_id, target FROM amendments WHERE type = 'message.reacted' AND target = " + shown + " AND seq = (SELECT seq FROM reactions WHERE name = 'ben')", "mentions of", []Kind{Mention}},
		{"a reaction is gone", "DELETE FROM reactions WHERE name = 'ben'", "message.reacted", []Kind{Changed}},
		{"a reaction is from elsewhere", "UPDATE reactions SET seq = seq - 1 WHERE name = 'ann'", "message.reacted", []Kind{Changed}},
		{"a pin is gone", "DELETE FROM pins", "message.pinned", []Kind{Changed}},
		{"a reaction to what was deleted", "INSERT INTO reactions SELECT room_id, " + tomb + ", emoji, user_id, name, seq FROM reactions WHERE name = 'ben'", "reactions", []Kind{Changed, Kept}},
		{"a text of what was deleted", "UPDATE events SET current = envelope WHERE type = 'message.erased'", "its text", []Kind{Kept, Changed}},
		{"a tombstone says something else", "UPDATE events SET envelope = replace(envelope, 'ann', 'eve') WHERE type = 'message.erased'", "eve", []Kind{Changed}},
		{"nobody deleted it", "UPDATE amendments SET type = 'message.reacted' WHERE type = 'message.deleted'", "no deletion of it", []Kind{Changed, Stray}},
		{"a hole of the log that nobody explains", "DELETE FROM erasures WHERE seq <> target", "or was an edit of a message that was deleted", []Kind{Hole, Hole}},
		{"a tombstone without an erasure", "DELETE FROM erasures WHERE seq = target", "", nil},
		{"the log still has it", "INSERT INTO erasures SELECT " + shown + ", room_id, id, target, now(), false FROM erasures WHERE seq = target", "deleted and erased", []Kind{Kept, Stray, Stray}},
	} {
		t.Logf("planted: %s", c.what)
		w.exec(c.do)
		w.finds(Options{}, c.sentence, c.kinds...)
		for _, table := range all {
			w.exec("DELETE FROM " + table + "; INSERT INTO " + table + " SELECT * FROM was_" + table)
		}
	}
	w.finds(Options{}, "")
}

// The snapshot is older than the log that is read beside it.
func TestWhatIsDeletedWhileAnAuditRunsIsNoDifference(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jetstream.SetupOptions{})
	report, err := run(w.ctx, deleting{w.log, w}, Options{Log: w.log, DB: w.db})
	if err != nil || !report.OK() {
		t.Errorf("%v, %v", err, report.Err())
	}
}

// deleting deletes what was said last just before CHAT is read.
type deleting struct {
	reader
	w *world
}

func (d deleting) Read(ctx context.Context, subject string, after uint64, limit int) ([]events.Entry, bool, error) {
	if subject == events.Chat.Prefix()+"*" && after == 0 {
		d.w.erasesItsFirst()
	}
	return d.reader.Read(ctx, subject, after, limit)
}

// erasesItsFirst deletes the first message of all, and waits until the log has
// forgotten it.
func (w *world) erasesItsFirst() {
	w.Helper()
	entries, _, err := w.log.Read(w.ctx, events.Chat.Subject(w.room), 0, 100)
	w.must(err)
	for _, e := range entries {
		ev, err := e.Event()
		if err != nil || ev.Type != events.MessagePosted {
			continue
		}
		data, err := events.DataOf[events.MessagePostedData](ev)
		w.must(err)
		w.publish(events.New(events.MessageDeleted, chat.NewID(), w.room, w.ann, time.Now(),
			events.MessageDeletedData{Seq: e.Seq, Message: ev.ID, Key: data.Key, User: ev.Actor, Time: ev.Time}))
		testenv.Eventually(w, func() error {
			if _, err := w.log.Get(w.ctx, events.Chat, e.Seq); chat.CodeOf(err) != chat.NotFound {
				return errOnItsWay
			}
			return nil
		})
		return
	}
	w.Fatal("nobody has said anything")
}

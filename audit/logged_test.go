package audit

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

func TestWhatIsWrongInTheLogIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jetstream.SetupOptions{DuplicateWindow: 100 * time.Millisecond})
	first, told := w.message("first"), w.message("told, @ben", w.ben)
	w.publish(first)
	seq := w.publish(told)
	w.settled()
	w.rest()
	for _, c := range []struct {
		what     string
		do       func() (o Options)
		sentence string
		kinds    []Kind
	}{
		{"a mark that nobody applied", func() Options {
			w.publish(events.New(events.NotificationRead, chat.NewID(), w.ben.ID, w.ben, time.Now(), events.NotificationReadData{UpTo: 1 << 40}))
			return Options{After: map[events.Stream]uint64{}}
		}, "was read: true", []Kind{Unread, Unread, Unread}},
		{"an entry that nobody applied", func() Options { w.says("lost"); return Options{} }, "neither a row nor a dead letter", []Kind{Missing}},
		{"garbage that nobody buried", func() Options { w.publish(garbage(events.Notify, w.ben.ID)); return Options{} }, "nobody can decode", []Kind{Missing}},
		{"an event stands twice", func() Options { w.again(first); return Options{} }, "stands at", []Kind{Twice}},
		{"an event stands twice on purpose", func() Options { w.again(first); return Options{Twice: map[string]bool{first.ID: true}} }, "", nil},
		{"a notification stands twice", func() Options { w.again(w.notice("mention", told.ID, seq)); return Options{} }, "stands at", []Kind{Twice}},
		{"somebody is told of nothing", func() Options { w.publish(w.notice("mention", chat.NewID(), seq)); return Options{} }, "obliges to it", []Kind{Missing, Uncalled}},
		{"somebody is told in another way", func() Options { w.publish(w.notice("direct", told.ID, seq)); return Options{} }, "obliges to it", []Kind{Missing, Uncalled}},
		{"somebody is not told", func() Options { w.says("hey, @ben", w.ben); return Options{} }, "nobody was told", []Kind{Missing, Untold}},
		{"an event of AUDIT that nobody applied", func() Options { w.publish(w.noted("login")); return Options{} }, "neither a row nor a dead letter", []Kind{Missing}},
		{"somebody is not warned", func() Options { w.publish(w.noted("refresh_reuse")); return Options{} }, "nobody was told", []Kind{Missing, Untold}},
		{"somebody is warned of nothing", func() Options { w.publish(w.warning(chat.NewID())); return Options{} }, "obliges to it", []Kind{Missing, Uncalled}},
		{"somebody is warned of a login", func() Options {
			harmless := w.noted("login")
			w.publish(harmless)
			w.publish(w.warning(harmless.ID))
			return Options{}
		}, "obliges to it", []Kind{Missing, Missing, Uncalled}},
		{"a marker that nobody moved", func() Options {
			w.publish(events.New(events.ReadMarked, chat.NewID(), w.room, w.ann, time.Now(), events.ReadMarkedData{Seq: seq}))
			return Options{}
		}, "nothing of it", []Kind{Marker}},
	} {
		t.Logf("planted: %s", c.what)
		before := w.ends()
		o := c.do()
		if o.After == nil {
			o.After = before
		}
		w.standAtTheEnds()
		w.finds(o, c.sentence, c.kinds...)
	}
}

// ends returns the last sequence of each stream.
func (w *world) ends() map[events.Stream]uint64 {
	w.Helper()
	ends := map[events.Stream]uint64{}
	for s := range consumers {
		state, err := w.log.State(w.ctx, s)
		w.must(err)
		ends[s] = state.Last
	}
	return ends
}

// holed is a log that has lost an entry.
type holed struct {
	*jetstream.Log
	lost uint64
}

func (h holed) Read(ctx context.Context, subject string, after uint64, limit int) ([]events.Entry, bool, error) {
	found, more, err := h.Log.Read(ctx, subject, after, limit)
	if s, _ := events.StreamOf(subject); s == events.Chat {
		found = slices.DeleteFunc(found, func(e events.Entry) bool { return e.Seq == h.lost })
	}
	return found, more, err
}

func TestALogThatLostAnEntryIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jetstream.SetupOptions{})
	for _, lost := range []uint64{8, w.ends()[events.Chat]} {
		report, err := run(w.ctx, holed{w.log, lost}, Options{Log: w.log, DB: w.db})
		w.must(err)
		if report.Kinds[Hole] != 1 || report.Kinds[Stray] != 1 || report.Total != 2 {
			t.Errorf("%d was lost: %v", lost, report.Err())
		}
	}
}

func TestALostKeyIsFoundAndWhatItLetIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jetstream.SetupOptions{DuplicateWindow: 100 * time.Millisecond})
	twice := w.message("twice")
	w.publish(twice)
	w.settled()
	w.rest()
	w.exec("ALTER TABLE events DROP CONSTRAINT events_id")
	o := Options{After: w.ends(), Twice: map[string]bool{twice.ID: true}}
	w.finds(o, "no unique key events_id", Key)
	w.again(twice)
	w.standAtTheEnds()
	w.exec("INSERT INTO events SELECT room_id, (SELECT seq FROM offsets WHERE consumer = 'persister-chat'), id, type, actor_id, at, envelope FROM events WHERE id = $1", twice.ID)
	w.finds(o, "several rows of "+twice.ID, Key, Twice)
}

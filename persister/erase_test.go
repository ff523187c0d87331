package persister_test

import (
	database "database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/sql"
)

func edit(of events.Event, seq uint64, text string) events.Event {
	key := chat.NewID()
	return events.New(events.MessageEdited, chat.MessageID(of.Actor.ID, of.Scope, key), of.Scope, of.Actor, time.Now(),
		events.MessageEditedData{Key: key, Seq: seq, Message: of.ID, Text: text})
}

func deletion(of events.Event, seq uint64) events.Event {
	data, _ := events.DataOf[events.MessagePostedData](of)
	return events.New(events.MessageDeleted, chat.NewID(), of.Scope, of.Actor, time.Now(),
		events.MessageDeletedData{Seq: seq, Message: of.ID, Key: data.Key, User: of.Actor, Time: of.Time})
}

// tablesHold returns the tables that hold the text, in any column.
func (w *world) tablesHold(address, text string) (tables []string) {
	w.Helper()
	db, err := database.Open("pgx", address)
	w.must(err)
	defer db.Close()
	var names string
	w.must(db.QueryRowContext(w.ctx, `SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'`).Scan(&names))
	for _, name := range strings.Fields(names) {
		var holds bool
		w.must(db.QueryRowContext(w.ctx, `SELECT EXISTS(SELECT FROM "`+name+`" t WHERE position($1 IN t::text) > 0)`, text).Scan(&holds))
		if holds {
			tables = append(tables, name)
		}
	}
	return tables
}

// forgets waits until the log has none of the entries.
func (w *world) forgets(seqs ...uint64) {
	w.Helper()
	testenv.Eventually(w, func() error {
		for _, seq := range seqs {
			if _, err := w.log.Get(w.ctx, events.Chat, seq); chat.CodeOf(err) != chat.NotFound {
				return fmt.Errorf("the log still has %d: %v", seq, err)
			}
		}
		return nil
	})
}

func TestOfADeletedMessageNoTextIsLeftInLogOrTables(t *testing.T) {
	address := testenv.Postgres(t)
	w := newWorldOn(t, address)
	w.starts("persister-1")
	room := chat.NewID()
	said := message(room, ada, "a-secret-of-mine")
	seq := w.publish(said)
	first := w.publish(edit(said, seq, "a-secret-of-mine, corrected"))
	w.applied(w.db)
	if tables := w.tablesHold(address, "a-secret-of-mine"); !slices.Contains(tables, "events") || !slices.Contains(tables, "amendments") {
		t.Fatalf("the text stands in %v only: this shows nothing", tables)
	}
	w.publish(deletion(said, seq))
	late := w.publish(edit(said, seq, "a-secret-of-mine, once more"))
	kept := w.publish(message(room, ada, "after"))
	w.applied(w.db)
	w.forgets(seq, first, late)
	if tables := w.tablesHold(address, "a-secret-of-mine"); len(tables) > 0 {
		t.Errorf("the text stands in %v", tables)
	}
	if _, err := w.log.Get(w.ctx, events.Chat, kept); err != nil {
		t.Error(err)
	}
	item, found, _, err := w.db.EventByID(w.ctx, said.ID)
	if err != nil || !found || item.Seq != seq {
		t.Errorf("a retry of the post finds %+v, %v, %v", item, found, err)
	}
}

// Without table erasures, what was committed and not erased stays for ever.
func TestWhatAPersisterThatDiedDidNotEraseIsErasedByTheNext(t *testing.T) {
	w := newWorld(t)
	room := chat.NewID()
	said := message(room, ada, "a-secret-of-mine")
	seq := w.publish(said)
	w.publish(deletion(said, seq))
	fold := w.db.Projection(sql.ChatConsumer)
	w.must(w.log.Check(w.ctx))
	from, err := fold.Offset(w.ctx, events.Chat, w.log.Incarnation(events.Chat))
	w.must(err)
	entries, _, err := w.log.Read(w.ctx, "chat.*", from, 100)
	w.must(err)
	w.must(fold.Apply(w.ctx, events.Batch{Stream: events.Chat, Incarnation: w.log.Incarnation(events.Chat), From: from,
		To: entries[len(entries)-1].Seq, Entries: entries})) // and died here
	if _, err := w.log.Get(w.ctx, events.Chat, seq); err != nil {
		t.Fatalf("the log has forgotten it already: %v", err)
	}
	w.starts("persister-1")
	w.starts("persister-2")
	w.forgets(seq)
	testenv.Eventually(w, func() error {
		due, err := w.db.DueErasures(w.ctx, 0, 10)
		if err == nil && len(due) > 0 {
			err = fmt.Errorf("%v is due", due)
		}
		return err
	})
}

// A deletion that lies about the sequence would hit another room's message.
func TestADeletionThatNamesAnothersSequenceErasesNothing(t *testing.T) {
	w := newWorld(t)
	p, _ := w.starts("persister-1")
	theirs := message(chat.NewID(), bob, "theirs")
	seq := w.publish(theirs)
	mine := message(chat.NewID(), ada, "mine") // never posted: the tables know nothing of its room
	w.publish(deletion(mine, seq))
	w.applied(w.db)
	testenv.Eventually(w, func() error {
		if w.counted(p, "natter_persister_erasures_kept_total") == 0 {
			return errors.New("nothing was kept")
		}
		return nil
	})
	if _, err := w.log.Get(w.ctx, events.Chat, seq); err != nil {
		t.Error(err)
	}
	if rows, _ := w.rows(w.db, theirs.Scope); len(rows) != 1 || rows[0].body != string(theirs.Encode()) {
		t.Errorf("the rows are %v", rows)
	}
}

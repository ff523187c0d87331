package sql_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// forget erases from the log what deletions are about, as natter does.
func (s *searched) forget() {
	gone := map[string]bool{}
	for _, m := range s.messages {
		gone[m.ev.ID] = m.gone
	}
	s.w.log.mu.Lock()
	defer s.w.log.mu.Unlock()
	s.w.log.entries = slices.DeleteFunc(s.w.log.entries, func(e events.Entry) bool {
		ev, err := e.Event()
		if err != nil {
			return false
		}
		data, err := events.DataOf[events.MessageEditedData](ev)
		return gone[ev.ID] || err == nil && ev.Type == events.MessageEdited && gone[data.Message]
	})
}

// foldSearch folds CHAT for search, in batches of any size.
func (s *searched) foldSearch() {
	p := s.w.Projection(sql.SearchConsumer)
	from, err := p.Offset(s.w.t.Context(), events.Chat, incarnation)
	s.fatal(err)
	for last := s.w.log.last(events.Chat); from < last; {
		to := min(last, from+uint64(rapid.IntRange(1, 40).Draw(s.rt, "batch")))
		s.fatal(p.Apply(s.w.t.Context(), s.w.log.batch(events.Chat, from, to)))
		from = to
	}
}

func TestARebuildFromALogThatHasForgottenWhatWasDeletedGivesTheSameSearch(t *testing.T) {
	w := newWorld(t)
	w.DB = w.WithPieceBits(fewPieceBits)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		w.log = &fakeLog{} // every check folds its whole log, several times
		w.exec(`TRUNCATE events, search, search_pieces, offsets`)
		s := newSearched(w, rt, "rebuild", n)
		s.strangest = 4
		rt.Repeat(map[string]func(*rapid.T){"post": s.post, "post too": s.post, "edit": s.edit, "delete": s.delete, "strange": s.strange, "editLate": s.editLate})
		s.foldSearch()
		before := append(w.dump("search"), w.dump("search_pieces")...)
		w.exec(`DELETE FROM offsets WHERE consumer = 'persister-search'`)
		s.foldSearch() // beside the rows of before
		if again := append(w.dump("search"), w.dump("search_pieces")...); !slices.Equal(before, again) {
			rt.Fatalf("before:\n%s\nagain:\n%s", strings.Join(before, "\n"), strings.Join(again, "\n"))
		}
		s.forget()
		w.exec(`TRUNCATE search, search_pieces; DELETE FROM offsets WHERE consumer = 'persister-search'`)
		s.foldSearch()
		if after := append(w.dump("search"), w.dump("search_pieces")...); !slices.Equal(before, after) {
			rt.Fatalf("before:\n%s\nafter:\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
		}
	})
}

func TestAnEditOfAMessageThatTheLogHoldsNoMoreIsFound(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	old := w.log.append(posted(ada, sql.LobbyID, "old words"))
	w.fold()
	ev := eventOf(old)
	data := must[events.MessagePostedData](t)(events.DataOf[events.MessagePostedData](ev))
	w.log.mu.Lock()
	w.log.entries = nil // it has expired
	w.log.mu.Unlock()
	edited := events.New(events.MessageEdited, chat.NewID(), sql.LobbyID, ada, ev.Time, events.MessageEditedData{Key: chat.NewID(), Seq: old.Seq, Message: ev.ID, Text: "새 단어"})
	w.log.append(edited)
	w.fold()
	if got := w.finds(ada, "단어"); len(got) != 1 || got[0].Seq != old.Seq {
		t.Errorf("its new text finds %v", got)
	}
	if got := w.finds(ada, "old"); len(got) != 0 {
		t.Errorf("its old text finds %v", got)
	}
	w.log.append(events.New(events.MessageDeleted, chat.NewID(), sql.LobbyID, ada, ev.Time,
		events.MessageDeletedData{Seq: old.Seq, Message: ev.ID, Key: data.Key, User: ada, Time: ev.Time}))
	w.fold()
	if got := w.finds(ada, "단어"); len(got) != 0 {
		t.Errorf("what was deleted is found: %v", got)
	}
	for _, row := range w.dump("search") {
		if !strings.HasSuffix(row, `"\\x")`) {
			t.Errorf("what was deleted has terms: %s", row)
		}
	}
}

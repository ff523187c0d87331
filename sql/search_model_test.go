package sql_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/search"
)

// What is said in the model, in words of which it is plain what finds them.
var (
	said = []string{"회의", "회의를", "주간회의", "시간", "회사에서", "배포", "배포일정", "회", "의", "의회",
		"deploy", "Deployed", "deploys", "depot", "release", "RELEASED", "notes", "note", "a", "at", "１０시", "café", "v2배포"}
	between = []string{" ", " ", ", ", "-", "\n", " … "}
	asked   = []string{"회의", "주간회의", "시간", "회", "의", "배포일", "deploy", "deploys", "dep", "release", "note", "a", "10", "cafe\u0301", "없다", "nothing"}
	// families are words that differ in an English ending only.
	families = map[string]string{"deploy": "deploy", "deployed": "deploy", "deploys": "deploy", "release": "release", "released": "release", "notes": "note", "note": "note"}
)

// fewPieceBits make pieces of sixteen entries, so that there are some, and one
// that is not complete.
const fewPieceBits = 4

// searched is what a search must find, told without an index.
type searched struct {
	w        *world
	rt       *rapid.T
	people   []events.Person
	rooms    []string
	members  map[string]map[string]uint64 // by room and person, from where on
	left     map[string]map[string]bool
	messages []*searchedMessage
	clock    time.Time
	// strangest is what strange does at most: 4 is an entry that is no event.
	strangest int
}

type searchedMessage struct {
	seq  uint64
	ev   events.Event
	key  string
	room string
	by   events.Person
	at   time.Time
	text string
	gone bool
	// doubtful: a deletion named it wrongly. If a right one followed and the log
	// forgot the message, nobody could tell which was right.
	doubtful bool
}

// wordsOf are a text's words, as whoever made it up knows them.
func wordsOf(text string) []string {
	text = strings.NewReplacer("１０시", "10 시", "v2배포", "v2 배포").Replace(strings.ToLower(text))
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,-\n…", r) })
}

func hangul(word string) bool { return word[0] >= 0xea } // the first byte of a syllable's three

func says(word, query string) bool {
	query = strings.ReplaceAll(query, "e\u0301", "é")
	switch {
	case hangul(query) && len(query) > 3:
		return strings.Contains(word, query)
	case !hangul(query) && families[query] != "" && families[query] == families[word]:
		return true
	}
	return strings.HasPrefix(word, query)
}

func (m *searchedMessage) saysAll(words []string, phrase bool) bool {
	in := wordsOf(m.text)
	if phrase {
		for i := range len(in) - len(words) + 1 {
			if slices.Equal(in[i:i+len(words)], words) {
				return true
			}
		}
		return false
	}
	for _, word := range words {
		if !slices.ContainsFunc(in, func(w string) bool { return says(w, word) }) {
			return false
		}
	}
	return true
}

func (s *searched) append(ev events.Event) uint64 { return s.w.log.append(ev).Seq }

func (s *searched) text() string {
	var text strings.Builder
	for i, word := range rapid.SliceOfN(rapid.SampledFrom(said), 1, 5).Draw(s.rt, "words") {
		if i > 0 {
			text.WriteString(rapid.SampledFrom(between).Draw(s.rt, "between"))
		}
		text.WriteString(word)
	}
	return text.String()
}

func (s *searched) somebodyInside() (room string, who events.Person, ok bool) {
	room, who = rapid.SampledFrom(s.rooms).Draw(s.rt, "room"), rapid.SampledFrom(s.people).Draw(s.rt, "who")
	_, ok = s.members[room][who.ID]
	return room, who, ok
}

func (s *searched) post(*rapid.T) {
	room, who, ok := s.somebodyInside()
	if !ok {
		return
	}
	s.clock = s.clock.Add(time.Duration(rapid.IntRange(-3, 10).Draw(s.rt, "later")) * time.Second)
	text, key := s.text(), chat.NewID()
	ev := events.New(events.MessagePosted, chat.MessageID(who.ID, room, key), room, who, s.clock, events.MessagePostedData{Key: key, Text: text})
	s.messages = append(s.messages, &searchedMessage{seq: s.append(ev), ev: ev, key: key, room: room, by: who, at: ev.Time, text: text})
}

func (s *searched) one() *searchedMessage {
	if len(s.messages) == 0 {
		return nil
	}
	if m := rapid.SampledFrom(s.messages).Draw(s.rt, "message"); !m.gone {
		return m
	}
	return nil
}

func (s *searched) edit(*rapid.T) {
	if m := s.one(); m != nil {
		m.text = s.text()
		s.append(m.editedBy(m.by, m.text))
	}
}

// editLate edits what is deleted, as somebody may who did not know yet.
func (s *searched) editLate(*rapid.T) {
	if len(s.messages) == 0 {
		return
	}
	if m := rapid.SampledFrom(s.messages).Draw(s.rt, "late"); m.gone {
		s.append(m.editedBy(m.by, "회의 deploy"))
	}
}

func (m *searchedMessage) editedBy(who events.Person, text string) events.Event {
	return events.New(events.MessageEdited, chat.NewID(), m.room, who, m.at, events.MessageEditedData{Key: chat.NewID(), Seq: m.seq, Message: m.ev.ID, Text: text})
}

func (s *searched) delete(*rapid.T) {
	if m := s.one(); m != nil && !m.doubtful {
		m.gone = true
		s.append(m.deleted(m.key, m.at))
	}
}

func (m *searchedMessage) deleted(key string, at time.Time) events.Event {
	return events.New(events.MessageDeleted, chat.NewID(), m.room, m.by, m.at,
		events.MessageDeletedData{Seq: m.seq, Message: chat.MessageID(m.by.ID, m.room, key), Key: key, User: m.by, Time: at})
}

// strange is what no edge writes, and what changes nothing.
func (s *searched) strange(*rapid.T) {
	m, other := s.one(), rapid.SampledFrom(s.people).Draw(s.rt, "other")
	if m == nil {
		return
	}
	switch rapid.IntRange(0, s.strangest).Draw(s.rt, "what") {
	case 0:
		s.append(m.ev) // a copy
	case 1:
		if other != m.by {
			s.append(m.editedBy(other, "회의 deploy"))
		}
	case 2:
		m.doubtful = true
		s.append(m.deleted(chat.NewID(), m.at))
	case 3:
		m.doubtful = true
		s.append(m.deleted(m.key, m.at.Add(time.Second)))
	case 4:
		s.w.log.appendRaw(events.Chat, events.Chat.Subject(m.room), []byte(`{"type":"message.posted"}`))
	}
}

func (s *searched) comeOrGo(*rapid.T) {
	room, who, inside := s.somebodyInside()
	if s.people[slices.Index(s.rooms, room)] == who {
		return // its owner stays
	}
	if inside {
		subject, err := s.w.Leave(s.w.t.Context(), who, room)
		s.fatal(err)
		s.w.flush(subject)
		delete(s.members[room], who.ID)
		s.left[room][who.ID] = true
		return
	}
	_, subject, err := s.w.Join(s.w.t.Context(), who, room)
	s.fatal(err)
	s.w.flush(subject)
	s.members[room][who.ID] = 0
	if s.left[room][who.ID] {
		s.members[room][who.ID] = s.w.log.last(events.Chat)
	}
}

func (s *searched) fatal(err error) {
	if err != nil {
		s.rt.Fatal(err)
	}
}

// find compares what is found, page by page, with what should be.
func (s *searched) find(*rapid.T) {
	s.w.fold()
	words := rapid.SliceOfNDistinct(rapid.SampledFrom(asked), 1, 2, rapid.ID).Draw(s.rt, "query")
	query, phrase := strings.Join(words, " "), rapid.IntRange(0, 4).Draw(s.rt, "phrase") == 0
	if phrase {
		words = wordsOf(s.text())
		query = `"` + strings.Join(words, " ") + `"`
	}
	f := chat.SearchFor{Reader: rapid.SampledFrom(s.people).Draw(s.rt, "reader").ID, Limit: rapid.IntRange(1, 5).Draw(s.rt, "limit")}
	if rapid.Bool().Draw(s.rt, "in one room") {
		f.Room = rapid.SampledFrom(s.rooms).Draw(s.rt, "room")
	}
	var by *events.Person
	if rapid.IntRange(0, 3).Draw(s.rt, "of one person") == 0 {
		by = &s.people[rapid.IntRange(0, len(s.people)-1).Draw(s.rt, "author")]
		f.Author = rapid.SampledFrom([]string{by.ID, by.Name, strings.ToUpper(by.Name)}).Draw(s.rt, "called")
	}
	if rapid.IntRange(0, 3).Draw(s.rt, "from") == 0 && len(s.messages) > 0 {
		f.Since = rapid.SampledFrom(s.messages).Draw(s.rt, "since").at
	}
	if rapid.IntRange(0, 3).Draw(s.rt, "to") == 0 && len(s.messages) > 0 {
		f.Until = rapid.SampledFrom(s.messages).Draw(s.rt, "until").at
	}
	if phrase && slices.ContainsFunc(words, func(w string) bool { return hangul(w) }) {
		return // where a run begins and ends in a phrase is told by search's own tests
	}
	var want []string
	for _, m := range slices.Backward(s.messages) {
		from, inside := s.members[m.room][f.Reader]
		if inside && m.seq >= from && !m.gone && (f.Room == "" || f.Room == m.room) && (by == nil || by.ID == m.by.ID) &&
			!m.at.Before(f.Since) && (f.Until.IsZero() || m.at.Before(f.Until)) && m.saysAll(words, phrase) {
			want = append(want, fmt.Sprintf("%d %q", m.seq, m.text))
		}
	}
	got, err := s.pages(f, query)
	if _, inside := s.members[f.Room][f.Reader]; f.Room != "" && !inside {
		if chat.CodeOf(err) != chat.NotFound {
			s.rt.Fatalf("in a room of others: %v, %v", got, err)
		}
		return
	}
	s.fatal(err)
	if !slices.Equal(got, want) {
		s.rt.Fatalf("%s finds, for %+v,\n%s, not\n%s", query, f, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// pages returns all of what is found.
func (s *searched) pages(f chat.SearchFor, query string) (all []string, err error) {
	q, err := search.Parse(query)
	if err != nil {
		return nil, err
	}
	for {
		found, err := s.w.Search(s.w.t.Context(), f, q)
		if err != nil {
			return all, err
		}
		if len(found.Items) > f.Limit || found.More && f.Before > 0 && found.Before >= f.Before || found.Offset != s.w.log.last(events.Chat) {
			s.rt.Fatalf("a page of %d: %+v", f.Limit, found)
		}
		for _, item := range found.Items {
			ev, err := events.Decode(item.Event)
			s.fatal(err)
			data, err := events.DataOf[events.MessagePostedData](ev)
			s.fatal(err)
			all = append(all, fmt.Sprintf("%d %q", item.Seq, data.Text))
		}
		if !found.More {
			return all, nil
		}
		f.Before = found.Before
	}
}

// newSearched makes people and rooms of their own, for one run of many.
func newSearched(w *world, rt *rapid.T, name string, n int) *searched {
	s := &searched{w: w, rt: rt, members: map[string]map[string]uint64{}, left: map[string]map[string]bool{}, clock: time.Now().Add(-time.Hour), strangest: 3}
	for i := range 3 {
		s.people = append(s.people, w.person(fmt.Sprintf("%s%d.%d", name, n, i)))
		room := w.room(s.people[i], chat.Public, fmt.Sprintf("%s %d, room %d", name, n, i))
		s.rooms = append(s.rooms, room)
		s.members[room], s.left[room] = map[string]uint64{s.people[i].ID: 0}, map[string]bool{}
	}
	return s
}

func TestWhatIsFoundIsWhatAModelFinds(t *testing.T) {
	w := newWorld(t)
	w.DB = w.WithPieceBits(fewPieceBits)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		s := newSearched(w, rt, "model", n)
		rt.Repeat(map[string]func(*rapid.T){"post": s.post, "post too": s.post, "edit": s.edit, "delete": s.delete, "strange": s.strange, "editLate": s.editLate, "comeOrGo": s.comeOrGo, "find": s.find, "": func(*rapid.T) {}})
		s.find(rt)
	})
}

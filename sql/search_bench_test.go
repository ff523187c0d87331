package sql_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/search"
	"github.com/natter-chat/natter/sql"
)

var searchMessages = flag.Int("search.messages", 30_000, "how many messages BenchmarkSearch looks through")

// A million messages take a minute or more: a database that is kept is filled once.
var searchURL = flag.String("search.url", "", "URL of a database of BenchmarkSearch's own, which it keeps; empty: a new one")

// prose makes texts: words by Zipf's law, Korean with particles, and some words
// whose frequency is known.
type prose struct {
	r               *rand.Rand
	korean, english []string
	zipf            *rand.Zipf
}

func newProse() *prose {
	p := &prose{r: rand.New(rand.NewPCG(1, 2))}
	p.zipf = rand.NewZipf(p.r, 1.1, 4, 29_999)
	for range 30_000 {
		var ko, en strings.Builder
		for range 2 + p.r.IntN(2) {
			ko.WriteRune(rune(0xAC00 + p.r.IntN(1200)*9))
		}
		for range 1 + p.r.IntN(4) {
			en.WriteString(string("bcdfghklmnprstvw"[p.r.IntN(16)]) + string("aeiou"[p.r.IntN(5)]) + []string{"", "n", "r", "st"}[p.r.IntN(4)])
		}
		p.korean, p.english = append(p.korean, ko.String()), append(p.english, en.String())
	}
	return p
}

func (p *prose) text(i int) string {
	var words []string
	for range 4 + p.r.IntN(12) {
		if i%2 == 0 {
			words = append(words, p.korean[p.zipf.Uint64()]+[]string{"", "를", "는", "에서", "하고"}[p.r.IntN(5)])
		} else {
			words = append(words, p.english[p.zipf.Uint64()]+[]string{"", "", "s", "ed", "ing"}[p.r.IntN(5)])
		}
	}
	for _, known := range []struct {
		word  string
		every int
	}{{"주간회의를", 3}, {"meetings", 3}, {"배포일정", 1000}, {"rollback", 1000}, {"장애보고", 50_000}, {"postmortem", 50_000}} {
		if p.r.IntN(known.every) == 0 {
			words[p.r.IntN(len(words))] = known.word
		}
	}
	return strings.Join(words, " ")
}

// filled is a database with messages to search in, and who may see what of it.
type filled struct {
	db     *sql.DB
	all    string // a person in all rooms
	few    string // in five rooms
	sparse string // in a hundred rooms where little was said, long ago
	author string
	room   string
	old    time.Time
}

// numbered is an id that is the same each time.
func numbered(kind, i int) string { return fmt.Sprintf("0197%04x-0000-7000-8000-%012x", kind, i) }

func fill(b *testing.B, url string, db *sql.DB) filled {
	ctx := b.Context()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(ctx)
	f := filled{db: db, all: numbered(1, 1), few: numbered(1, 2), sparse: numbered(1, 3)}
	exec := func(q string, args ...any) {
		if _, err := conn.Exec(ctx, q, args...); err != nil {
			b.Fatal(err)
		}
	}
	for i, id := range []string{f.all, f.few, f.sparse} {
		exec(`INSERT INTO users (id, name, name_key, password_hash) VALUES ($1, $2, $2, '') ON CONFLICT DO NOTHING`, id, fmt.Sprint("user", i))
	}
	var busy, quiet []string
	for i := range 200 {
		busy = append(busy, numbered(2, i))
	}
	for i := range 100 {
		quiet = append(quiet, numbered(3, i))
	}
	f.room = busy[3]
	join := func(user string, rooms []string) {
		exec(`INSERT INTO rooms (id, kind, name, name_key) SELECT id, 'public', id::text, id::text FROM unnest($1::uuid[]) id ON CONFLICT DO NOTHING`, rooms)
		exec(`INSERT INTO members (room_id, user_id, name_key, rev, joined) SELECT id, $2, 'x', 1, now() FROM unnest($1::uuid[]) id ON CONFLICT DO NOTHING`, rooms, user)
	}
	join(f.all, busy)
	join(f.few, busy[20:25])
	join(f.sparse, quiet)
	var people []events.Person
	for i := range 1000 {
		people = append(people, events.Person{ID: numbered(4, i), Name: "ada"})
	}
	f.author = people[50].ID
	start := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	step := 30 * 24 * time.Hour / time.Duration(*searchMessages)
	text := newProse()
	var took [2]time.Duration
	folds := []*sql.Projection{db.Projection(sql.ChatConsumer), db.Projection(sql.SearchConsumer)}
	done := make([]uint64, len(folds))
	for i, p := range folds {
		if done[i], err = p.Offset(ctx, events.Chat, incarnation); err != nil {
			b.Fatal(err)
		}
	}
	for from := int(slices.Min(done)); from < *searchMessages; from += 1000 {
		text.r = rand.New(rand.NewPCG(3, uint64(from)))
		text.zipf = rand.NewZipf(text.r, 1.1, 4, 29_999)
		rooms := rand.NewZipf(text.r, 1.2, 10, 199)
		batch := events.Batch{Stream: events.Chat, Incarnation: incarnation, From: uint64(from), To: uint64(from + 1000)}
		for seq := from + 1; seq <= from+1000; seq++ {
			room := busy[rooms.Uint64()]
			if seq < *searchMessages/10 && seq%100 == 0 {
				room = quiet[seq/100%100]
			}
			at := start.Add(time.Duration(seq) * step)
			ev := events.New(events.MessagePosted, numbered(5, seq), room, people[text.r.IntN(1000)], at, events.MessagePostedData{Key: chat.NewID(), Text: text.text(seq)})
			batch.Entries = append(batch.Entries, events.Entry{Stream: events.Chat, Subject: "chat." + room, Seq: uint64(seq), Body: ev.Encode(), Time: at})
		}
		for i, p := range folds {
			if batch.To <= done[i] {
				continue
			}
			began := time.Now()
			if err := p.Apply(ctx, batch); err != nil {
				b.Fatal(err)
			}
			took[i] += time.Since(began)
		}
	}
	f.old = start.Add(3 * 24 * time.Hour)
	exec(`ANALYZE`)
	var size string
	if err := conn.QueryRow(ctx, `SELECT string_agg(relname || ' ' || pg_size_pretty(pg_table_size(oid)), ', ' ORDER BY relname) FROM pg_class
		WHERE relname IN ('events', 'events_pkey', 'events_id', 'events_messages', 'search', 'search_pkey', 'search_whose', 'search_at', 'search_pieces', 'search_pieces_pkey')`).Scan(&size); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d messages: rows of events took %s, of search %s; %s", *searchMessages, took[0], took[1], size)
	return f
}

// BenchmarkSearch asks for what many, some, few and no messages have.
func BenchmarkSearch(b *testing.B) {
	url := *searchURL
	if url == "" {
		url = testenv.Postgres(b)
	}
	db, err := sql.Open(b.Context(), url, testenv.Logger(b, 0), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(db.Close)
	if err := db.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	f := fill(b, url, db)
	all, few, sparse := chat.SearchFor{Reader: f.all}, chat.SearchFor{Reader: f.few}, chat.SearchFor{Reader: f.sparse}
	inRoom, by, old := all, all, all
	inRoom.Room, by.Author, old.Until = f.room, f.author, f.old
	for _, kind := range []struct {
		name string
		q    string
		in   chat.SearchFor
	}{
		{"common, Korean", "회의", all}, {"common, English", "meeting", all}, {"common, both", "회의 meeting", all},
		{"middle, Korean", "배포", all}, {"middle, English", "rollback", all}, {"rare, Korean", "장애보고", all}, {"rare, English", "postmortem", all},
		{"none, Korean", "없는단어", all}, {"none, English", "nonesuch", all}, {"one letter", "a", all}, {"one syllable", "회", all},
		{"common and rare", "회의 postmortem", all}, {"phrase", `"주간회의를 meetings"`, all}, {"phrase of commons that nobody said", `"회의 회의"`, all},
		{"five rooms, common", "회의", few}, {"five rooms, middle", "배포", few}, {"five rooms, none", "없는단어", few},
		{"quiet rooms, common", "회의", sparse}, {"quiet rooms, middle", "배포", sparse}, {"quiet rooms, none", "없는단어", sparse},
		{"one room, common", "회의", inRoom}, {"one room, rare", "장애보고", inRoom},
		{"by author, common", "회의", by}, {"by author, middle", "배포", by},
		{"long ago, common", "회의", old}, {"long ago, middle", "배포", old}, {"long ago, rare", "장애", old},
	} {
		b.Run(kind.name, func(b *testing.B) {
			q, err := search.Parse(kind.q)
			if err != nil {
				b.Fatal(err)
			}
			kind.in.Limit = 50
			var times []time.Duration
			var found chat.Found
			for b.Loop() {
				began := time.Now()
				if found, err = db.Search(b.Context(), kind.in, q); err != nil {
					b.Fatal(err)
				}
				times = append(times, time.Since(began))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(len(found.Items)), "found")
			b.ReportMetric(map[bool]float64{true: 1}[found.More], "more")
		})
	}
}

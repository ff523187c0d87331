package sql_test

import (
	"math/rand"
	"strings"
	"testing"
	"unicode"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// alphabet is what goes wrong somewhere: controls, NUL, bytes that are not
// UTF-8, surrogates, marks, directions, the last code point.
var alphabet = []string{
	"a", "Z", "é", "e\u0301", "ß", "ſ", "ﬁ", "Ⅷ", "李", "한", "א", "ع", "\U0001F600", "\U0010FFFF", "\uFFFF", "\uFFFD",
	"0", "٣", "_", "-", ".", " ", "\t", "\n", "\r", "\u2028", "\u200d", "\u202e", "\x00", "\x01", "\x7f", "\u0085", "\u00a0",
	"\xff", "\xc0\x80", "\xed\xa0\x80", "\\u0000", "\\", "\"", "'", "%", "{", "}", "$1", "<", ";", "@",
}

func anyText(random *rand.Rand) string {
	var b strings.Builder
	for range random.Intn(12) {
		switch random.Intn(3) {
		case 0:
			b.WriteRune(rune(random.Intn(unicode.MaxRune)))
		default:
			b.WriteString(alphabet[random.Intn(len(alphabet))])
		}
	}
	return b.String()
}

// What chat's rules accept must be insertable, or an edge would ack what the
// persister has to bury. Accepting \x00 in CheckText or CheckRoomName turns this
// red.
func TestWhatTheRulesAcceptPostgreSQLAccepts(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	seed := rand.Int63()
	random := rand.New(rand.NewSource(seed))
	accepted := map[string]int{}
	try := func(rule string, text string, err error, store func() error) {
		if err != nil {
			return
		}
		accepted[rule]++
		if err := store(); err != nil && chat.CodeOf(err) != chat.NameTaken {
			t.Errorf("seed %d: %s accepts %q, PostgreSQL does not: %v", seed, rule, text, err)
		}
	}
	db := w.WithLimits(sql.Limits{Rooms: 1 << 20, Members: 10, Invitations: 10, Sessions: 10})
	for range 3000 {
		text := anyText(random)
		try("text", text, chat.CheckText(text), func() error {
			w.log.append(posted(ada, sql.LobbyID, text))
			return nil
		})
		if accepted["room"] < 300 {
			try("room", text, chat.CheckRoomName(text), func() error {
				_, _, err := db.Create(t.Context(), ada, chat.NewRoom{ID: chat.NewID(), Kind: chat.Public, Name: text})
				return err
			})
		}
		if accepted["user"] < 300 {
			try("user", text, chat.CheckUserName(text), func() error {
				_, _, err := db.SignUp(t.Context(), chat.NewAccount{Name: text}, chat.Device{})
				return err
			})
		}
	}
	if accepted["text"] < 300 || accepted["room"] < 50 || accepted["user"] < 5 {
		t.Fatalf("seed %d: too little was accepted: %v", seed, accepted)
	}
	w.foldInPieces(512)
	if n := len(w.dump("events")); n != int(w.log.last(events.Chat)) {
		t.Errorf("seed %d: %d rows for %d events", seed, n, w.log.last(events.Chat))
	}
}

// foldInPieces applies CHAT in batches of n.
func (w *world) foldInPieces(n uint64) {
	w.t.Helper()
	p := w.Projection(sql.ChatConsumer)
	from := must[uint64](w.t)(p.Offset(w.t.Context(), events.Chat, incarnation))
	for last := w.log.last(events.Chat); from < last; {
		to := min(last, from+n)
		if err := p.Apply(w.t.Context(), w.log.batch(events.Chat, from, to)); err != nil {
			w.t.Fatal(err)
		}
		from = to
	}
}

// Whoever asks may send anything: an answer, or a code, and never a defect.
func TestNoQuestionIsADefect(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	seed := rand.Int63()
	random := rand.New(rand.NewSource(seed))
	ctx := t.Context()
	for range 200 {
		s := anyText(random)
		questions := map[string]func() error{
			"Password":      func() error { _, _, err := w.Password(ctx, s); return err },
			"RotateSession": func() error { _, _, err := w.RotateSession(ctx, s, 1, chat.Device{}); return err },
			"EndSession": func() error {
				_, err := w.EndSession(ctx, events.Person{ID: s}, s, "logout", chat.Device{})
				return err
			},
			"EndedSessions": func() error { _, err := w.EndedSessions(ctx, []string{s}); return err },
			"EndOthers": func() error {
				_, err := w.EndOtherSessions(ctx, events.Person{ID: s}, s, "ended", chat.Device{})
				return err
			},
			"OpenSessions": func() error { _, err := w.OpenSessions(ctx, s); return err },
			"Audit":        func() error { _, _, err := w.Audit(ctx, s, 1<<63, -1); return err },
			"RoleOf":       func() error { _, err := w.RoleOf(ctx, s); return err },
			"Create": func() error {
				_, _, err := w.Create(ctx, ada, chat.NewRoom{ID: s, Kind: chat.Public, Name: s})
				return err
			},
			"OpenDirect":    func() error { _, _, err := w.OpenDirect(ctx, ada, s); return err },
			"Join":          func() error { _, _, err := w.Join(ctx, ada, s); return err },
			"Leave":         func() error { _, err := w.Leave(ctx, ada, s); return err },
			"Invite":        func() error { _, err := w.Invite(ctx, ada, sql.LobbyID, s); return err },
			"Memberships":   func() error { _, err := w.Memberships(ctx, []chat.Seat{{User: s, Room: s}}); return err },
			"MyRooms":       func() error { _, _, err := w.MyRooms(ctx, s); return err },
			"PublicRooms":   func() error { _, err := w.PublicRooms(ctx, s, s, len(s)); return err },
			"Members":       func() error { _, err := w.Members(ctx, sql.LobbyID, s, -1); return err },
			"MembersNamed":  func() error { _, err := w.MembersNamed(ctx, sql.LobbyID, []string{s}); return err },
			"RoomPage":      func() error { _, err := w.RoomPage(ctx, s, s, 0, 0, 1<<20, true); return err },
			"EventByID":     func() error { _, _, _, err := w.EventByID(ctx, s); return err },
			"Notifications": func() error { _, _, _, err := w.Notifications(ctx, s, 1<<63, 0); return err },
		}
		for name, ask := range questions {
			if err := ask(); chat.CodeOf(err) == chat.Internal {
				t.Errorf("seed %d: %s(%q): %v", seed, name, s, err)
			}
		}
	}
}

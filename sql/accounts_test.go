package sql_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

func TestWhoSignsUpIsInTheLobbyAndHasASession(t *testing.T) {
	w := newWorld(t)
	s, subjects, err := w.SignUp(t.Context(), chat.NewAccount{Name: "Ada"}, chat.Device{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(subjects, []string{events.Chat.Subject(sql.LobbyID), events.Audit.Subject(s.User.ID)}) {
		t.Errorf("the events stand on %q", subjects)
	}
	if s.User.Name != "Ada" || s.Generation != 1 || !events.IsID(s.ID) || !events.IsID(s.User.ID) {
		t.Errorf("got %+v", s)
	}
	w.flush(subjects...)
	said := w.log.of(events.Chat, 0, 99)
	if len(said) != 2 { // the lobby's creation waited in the outbox since Migrate
		t.Fatalf("%d events in the lobby", len(said))
	}
	ev, err := said[1].Event()
	if err != nil || ev.Type != events.MemberJoined || ev.Actor != s.User {
		t.Errorf("got %+v, %v", ev, err)
	}
	if ended, err := w.EndedSessions(t.Context(), []string{s.ID}); err != nil || len(ended) > 0 {
		t.Errorf("a new session has ended: %v, %v", ended, err)
	}
}

func TestANameIsTakenInEveryWayOfWritingIt(t *testing.T) {
	w := newWorld(t)
	w.person("Straße_Ada")
	for _, name := range []string{"Straße_Ada", "STRASSE_ADA", "straße_ada", "ｓtraße_ada"} {
		_, _, err := w.SignUp(t.Context(), chat.NewAccount{Name: name}, chat.Device{})
		wants(t, err, chat.NameTaken)
		user, hash, err := w.Password(t.Context(), name)
		if err != nil || user.Name != "Straße_Ada" || hash != "hash of Straße_Ada" {
			t.Errorf("%s: %+v, %q, %v", name, user, hash, err)
		}
	}
	_, _, err := w.SignUp(t.Context(), chat.NewAccount{Name: "two words"}, chat.Device{})
	wants(t, err, chat.BadName)
}

func TestAStrangerHasNoPassword(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"nobody", "", "nul\x00", "\xff", strings.Repeat("x", 100_000)} {
		_, _, err := w.Password(t.Context(), name)
		wants(t, err, chat.NotFound)
	}
}

func TestOfManyWhoWantANameOneGetsIt(t *testing.T) {
	w := newWorld(t)
	counts := tally(atOnce(20, func(int) error {
		_, _, err := w.SignUp(within(t, patience), chat.NewAccount{Name: "ada"}, chat.Device{})
		return err
	}))
	if counts[""] != 1 || counts[chat.NameTaken] != 19 {
		t.Errorf("got %v", counts)
	}
}

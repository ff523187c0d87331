package sql_test

import (
	"slices"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
)

func TestACrowdIsTheMembersOfASmallRoomOrThoseOfALargeOneWhoAreAskedAbout(t *testing.T) {
	w := newWorld(t)
	ada, bob, eve := w.person("ada"), w.person("bob"), w.person("eve")
	tea, chess := w.room(ada, chat.Public, "tea"), w.room(bob, chat.Public, "chess")
	for range 2 { // away and back: revisions go on
		if _, _, err := w.Join(t.Context(), bob, tea); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Leave(t.Context(), bob, tea); err != nil {
			t.Fatal(err)
		}
	}
	m, _, err := w.Join(t.Context(), eve, tea)
	if err != nil {
		t.Fatal(err)
	}
	rooms := []string{tea, chess, chat.NewID(), "*"}
	found, err := w.CrowdsOf(t.Context(), rooms, 2)
	if err != nil || len(found) != 2 {
		t.Fatalf("%v %v", found, err)
	}
	if c := found[tea]; c.Rev != m.Rev || c.Size != 2 || !sees(c, ada.ID, eve.ID) {
		t.Errorf("tea: %+v", c)
	}
	if found, err = w.CrowdsOf(t.Context(), rooms, 1); err != nil || found[tea].Size != 2 || !sees(found[tea]) || !sees(found[chess], bob.ID) {
		t.Errorf("at most one: %+v %v", found, err)
	}
	if found, err = w.CrowdsAmong(t.Context(), rooms, []string{bob.ID, eve.ID, chat.NewID(), ">"}); err != nil || found[tea].Rev != m.Rev ||
		!sees(found[tea], eve.ID) || !sees(found[chess], bob.ID) {
		t.Errorf("among two: %+v %v", found, err)
	}
}

// sees reports whether the crowd has exactly these members.
func sees(c chat.Crowd, users ...string) bool {
	for user := range c.Members {
		if !slices.Contains(users, user) {
			return false
		}
	}
	return len(c.Members) == len(users)
}

func TestWhenSomebodyWasSeenOnlyGrowsAndASessionCountsToo(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	w.exec(`UPDATE sessions SET seen = now() - interval '3 hours'`)
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
	for _, when := range []time.Time{at.Add(-time.Minute), at, at.Add(-2 * time.Hour)} {
		if err := w.SaveSeen(t.Context(), map[string]time.Time{ada.ID: when, chat.NewID(): when, "*": when}); err != nil {
			t.Fatal(err)
		}
	}
	seen, err := w.Seen(t.Context(), []string{ada.ID, bob.ID, chat.NewID()})
	if err != nil || !seen[ada.ID].Equal(at) {
		t.Errorf("seen %v, want ada at %s (%v)", seen, at, err)
	}
	w.exec(`UPDATE sessions SET seen = now()`)
	if seen, err = w.Seen(t.Context(), []string{ada.ID}); err != nil || time.Since(seen[ada.ID]) > time.Minute {
		t.Errorf("seen %v after a session was prolonged (%v)", seen, err)
	}
}

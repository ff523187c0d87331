package sql_test

import (
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// Rooms of an earlier version get an owner: their creator, or else whoever has
// been in them for longest. The lobby and direct rooms have none.
func TestRoomsOfAnEarlierVersionGetAnOwner(t *testing.T) {
	w := newWorld(t)
	ada, bob, carol := w.person("ada"), w.person("bob"), w.person("carol")
	hers, left := w.room(ada, chat.Announcement, "Hers"), w.room(ada, chat.Private, "Left")
	for _, p := range []events.Person{bob, carol} {
		w.join(p, hers)
		w.flush(must[string](t)(w.Invite(t.Context(), ada, left, p.Name)))
		w.join(p, left)
	}
	w.flush(must[string](t)(w.HandOver(t.Context(), ada, left, carol.ID)))
	w.leave(ada, left)
	direct, _, err := w.OpenDirect(t.Context(), ada, "bob")
	if err != nil {
		t.Fatal(err)
	}
	up, down, _ := strings.Cut(string(must[[]byte](t)(os.ReadFile("migrations/00003_rooms.sql"))), "-- +goose Down")
	conn := must[*pgx.Conn](t)(pgx.Connect(t.Context(), w.url))
	defer conn.Close(t.Context())
	for _, script := range []string{down, up} {
		if _, err := conn.PgConn().Exec(t.Context(), script).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	for room, owner := range map[string]string{hers: ada.ID, left: bob.ID, direct.Room.ID: "", sql.LobbyID: ""} {
		var got string
		err := conn.QueryRow(t.Context(), `SELECT coalesce(max(user_id::text), '') FROM members WHERE room_id = $1 AND role = 'owner'`, room).Scan(&got)
		if err != nil || got != owner {
			t.Errorf("%s is owned by %q, want %q (%v)", room, got, owner, err)
		}
	}
	if m, _ := w.membership(bob, hers); m.Room.Kind != chat.Public || m.Role != chat.Plain {
		t.Errorf("%+v", m)
	}
}

package sql_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/sql"
)

// rowsRead counts what the indexes of a table have brought since ask began, and
// its rows that were read without one.
func rowsRead(t *testing.T, w *world, table string, ask func(db *sql.DB)) int64 {
	t.Helper()
	conn := must[*pgx.Conn](t)(pgx.Connect(t.Context(), w.url))
	defer conn.Close(context.Background())
	count := func() (n int64) {
		if err := conn.QueryRow(t.Context(), `SELECT coalesce(idx_tup_fetch, 0) + seq_tup_read FROM pg_stat_user_tables WHERE relname = $1`, table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	w.Close()
	othersHaveEnded(t, conn)
	before := count()
	db := must[*sql.DB](t)(sql.Open(t.Context(), w.url, testenv.Logger(t, 0), nil))
	ask(db)
	db.Close()
	othersHaveEnded(t, conn)
	return count() - before
}

func TestAMembershipOfALargeRoomLooksAtNoOtherMember(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	room := w.room(ada, chat.Public, "Tea")
	w.exec(`INSERT INTO users (id, name, name_key, password_hash)
		SELECT ('01970000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 'u' || i, 'u' || i, '' FROM generate_series(1, 5000) i`)
	w.exec(`INSERT INTO members (room_id, user_id, name_key, rev, joined) SELECT $1, id, name_key, 1, now() FROM users WHERE name LIKE 'u%'`, room)
	w.exec(`ANALYZE members, users, rooms`)
	var seats []chat.Seat
	for i := range 20 {
		seats = append(seats, chat.Seat{User: fmt.Sprintf("01970000-0000-7000-8000-%012d", i+1), Room: room})
	}
	rows := rowsRead(t, w, "members", func(db *sql.DB) {
		if found := must[map[chat.Seat]chat.Membership](t)(db.Memberships(t.Context(), seats)); len(found) != len(seats) {
			t.Errorf("found %d of %d", len(found), len(seats))
		}
	})
	if rows == 0 || rows > 200 {
		t.Errorf("for %d memberships %d rows were read", len(seats), rows)
	}
}

func TestAPageOfPublicRoomsBeginsWhereTheOneBeforeEnded(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	w.exec(`INSERT INTO rooms (id, kind, name, name_key, created_by)
		SELECT ('01970000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 'public', 'r' || lpad(i::text, 6, '0'), 'r' || lpad(i::text, 6, '0'), $1
		FROM generate_series(1, 5000) i`, ada.ID)
	w.exec(`ANALYZE rooms`)
	rows := rowsRead(t, w, "rooms", func(db *sql.DB) {
		page := must[[]chat.Room](t)(db.PublicRooms(t.Context(), "", "01970000-0000-7000-8000-000000004000", 50))
		if len(page) != 50 || page[0].Name != "r004001" {
			t.Errorf("%d rooms, the first %v", len(page), page[:min(1, len(page))])
		}
	})
	if rows == 0 || rows > 200 {
		t.Errorf("for 50 rooms %d rows were read", rows)
	}
}

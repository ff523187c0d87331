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

func TestAPageOfAnAmendedRoomReadsOnlyWhatStandsBesideIt(t *testing.T) {
	w := newWorld(t)
	room := chat.NewID()
	w.exec(`INSERT INTO events SELECT $1::uuid, i, gen_random_uuid(), 'room.noted', NULL, now(), '{}' FROM generate_series(1, 5000) i`, room)
	w.exec(`INSERT INTO amendments SELECT $1::uuid, 5000 + i, gen_random_uuid(), 'message.reacted', NULL, now(), '{}', i FROM generate_series(1, 5000) i`, room)
	w.exec(`INSERT INTO reactions SELECT $1::uuid, i, 'x', gen_random_uuid(), 'ada', 5000 + i FROM generate_series(1, 5000) i`, room)
	w.exec(`INSERT INTO pins SELECT $1::uuid, i, i FROM generate_series(2450, 2499) i`, room) // as many as a room has
	w.exec(`INSERT INTO pins SELECT gen_random_uuid(), i, i FROM generate_series(1, 5000) i`)
	w.exec(`ANALYZE events, amendments, reactions, pins`)
	for table, most := range map[string]int64{"events": 100, "amendments": 10, "reactions": 100, "pins": 100} {
		rows := rowsRead(t, w, table, func(db *sql.DB) {
			page := must[chat.RoomPage](t)(db.RoomPage(t.Context(), "", room, 0, 2500, 50, false))
			if len(page.Items) != 50 || len(page.Items[0].Reactions) != 1 || !page.Items[49].Pinned || page.Amended != 10_000 {
				t.Errorf("the page is %+v", page)
			}
		})
		if rows > most {
			t.Errorf("for 50 lines %d rows of %s were read", rows, table)
		}
	}
}

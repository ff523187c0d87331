package sql_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/sql"
)

// blocksOfEvents returns how many blocks of the events table were looked at, as
// far as sessions that have ended.
func blocksOfEvents(t *testing.T, conn *pgx.Conn) (blocks int64) {
	t.Helper()
	err := conn.QueryRow(t.Context(), `
		SELECT coalesce(sum(heap_blks_read + heap_blks_hit), 0)::bigint
		FROM (SELECT pg_stat_clear_snapshot()) fresh, pg_statio_user_tables WHERE relname = 'events'`).Scan(&blocks)
	if err != nil {
		t.Fatal(err)
	}
	return blocks
}

// othersHaveEnded waits until all other sessions have ended, and with that have
// reported what they did.
func othersHaveEnded(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		var others int
		err := conn.QueryRow(t.Context(), `
			SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&others)
		if err != nil {
			t.Fatal(err)
		}
		if others == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions have not ended", others)
		}
	}
}

// reported is blocksOfEvents once all is reported.
func reported(t *testing.T, conn *pgx.Conn) int64 {
	t.Helper()
	othersHaveEnded(t, conn)
	return blocksOfEvents(t, conn)
}

// A table that has grown since it was looked at last, as by a backlog or from
// a backup, made the server sort all of a room for a page of it.
func TestAPageIsReadAlongTheIndexOfATableThatTheServerKnowsNothingOf(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	room := w.room(ada, chat.Public, "Tea")
	w.exec(`ALTER TABLE events SET (autovacuum_enabled = off)`)
	w.exec(`INSERT INTO events SELECT $1::uuid, i, gen_random_uuid(), 'message.posted', $2::uuid, now(), repeat('x', 600)
		FROM generate_series(1000, 20999) i`, room, ada.ID)
	conn := must[*pgx.Conn](t)(pgx.Connect(t.Context(), w.url))
	defer conn.Close(context.Background())
	w.Close() // what its sessions did must not be counted later
	before := reported(t, conn)
	db := must[*sql.DB](t)(sql.Open(t.Context(), w.url, testenv.Logger(t, 0), nil))
	for _, oldest := range []bool{false, true} {
		page := must[chat.RoomPage](t)(db.RoomPage(t.Context(), ada.ID, room, 1000, 20000, 51, oldest))
		if len(page.Items) != 51 {
			t.Fatalf("%d events", len(page.Items))
		}
	}
	db.Close() // its sessions report what they did when they end
	blocks := reported(t, conn) - before
	if blocks == 0 || blocks > 200 {
		t.Errorf("two pages looked at %d blocks", blocks)
	}
}

func TestMembershipsOfManyPeopleAreOneQuestion(t *testing.T) {
	w := newWorld(t)
	ada, bob, eve := w.person("ada"), w.person("bob"), w.person("eve")
	tea, cake := w.room(ada, chat.Public, "Tea"), w.room(bob, chat.Public, "Cake")
	w.join(bob, tea)
	direct, subject, err := w.OpenDirect(t.Context(), ada, "eve")
	if err != nil {
		t.Fatal(err)
	}
	w.flush(subject)
	w.join(eve, cake)
	w.leave(eve, cake)
	var asked []chat.Seat
	for _, user := range []string{ada.ID, bob.ID, eve.ID, chat.NewID(), "x"} {
		for _, room := range []string{tea, cake, direct.Room.ID, chat.NewID(), "*", tea} {
			asked = append(asked, chat.Seat{User: user, Room: room})
		}
	}
	found := must[map[chat.Seat]chat.Membership](t)(w.Memberships(t.Context(), asked))
	want := map[chat.Seat]string{{User: ada.ID, Room: tea}: "", {User: bob.ID, Room: tea}: "", {User: bob.ID, Room: cake}: "",
		{User: ada.ID, Room: direct.Room.ID}: "eve", {User: eve.ID, Room: direct.Room.ID}: "ada"}
	for seat, peer := range want {
		m, ok := found[seat]
		if !ok || m.Room.ID != seat.Room || (m.Room.Peer != nil) != (peer != "") || peer != "" && m.Room.Peer.Name != peer {
			t.Errorf("%v: %+v", seat, m)
		}
	}
	if len(found) != len(want) {
		t.Errorf("found %d, want %d: %v", len(found), len(want), found)
	}
}

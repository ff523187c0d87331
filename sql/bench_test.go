package sql_test

import (
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/sql"
)

// batchOf returns 512 posts spread over rooms, following sequence from.
func batchOf(from uint64, rooms []string) events.Batch {
	b := events.Batch{Stream: events.Chat, Incarnation: incarnation, From: from, To: from + 512}
	by := events.Person{ID: chat.NewID(), Name: "ada"}
	for seq := from + 1; seq <= b.To; seq++ {
		room := rooms[rand.Intn(len(rooms))]
		ev := posted(by, room, fmt.Sprintf("message %d of some length, as people write them", seq))
		b.Entries = append(b.Entries, events.Entry{Stream: events.Chat, Subject: "chat." + room, Seq: seq, Body: ev.Encode(), Time: time.Now()})
	}
	return b
}

func someRooms(n int) []string {
	var rooms []string
	for range n {
		rooms = append(rooms, chat.NewID())
	}
	return rooms
}

// benchDB opens the migrated database of a benchmark.
func benchDB(b *testing.B) *sql.DB {
	db, err := sql.Open(b.Context(), testenv.Postgres(b), testenv.Logger(b, 0), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(db.Close)
	return db
}

// BenchmarkApply applies batches of 512 posts. The server does not sync here:
// a batch adds one fsync to what is measured.
func BenchmarkApply(b *testing.B) {
	db := benchDB(b)
	p := db.Projection(sql.ChatConsumer)
	from, err := p.Offset(b.Context(), events.Chat, incarnation)
	if err != nil {
		b.Fatal(err)
	}
	rooms := someRooms(200)
	batch := batchOf(from, rooms)
	for b.Loop() {
		if err := p.Apply(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		batch = batchOf(batch.To, rooms)
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N*512)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkRoomPage reads pages of 50 in the middle of rooms with 500 events.
func BenchmarkRoomPage(b *testing.B) {
	db := benchDB(b)
	p := db.Projection(sql.ChatConsumer)
	from, err := p.Offset(b.Context(), events.Chat, incarnation)
	if err != nil {
		b.Fatal(err)
	}
	rooms := someRooms(200)
	for range 200 {
		batch := batchOf(from, rooms)
		if err := p.Apply(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		from = batch.To
	}
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			to := uint64(rand.Int63n(int64(from))) + 1
			if _, err := db.RoomPage(b.Context(), "", rooms[rand.Intn(len(rooms))], 0, to, 50, false); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}

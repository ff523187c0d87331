package jetstream

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

// BenchmarkFsync appends 4 KiB to a file and syncs it: what the disk demands of
// every write that is promised to last.
func BenchmarkFsync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "file"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 4<<10)
	for b.Loop() {
		if _, err := f.Write(block); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPublish appends posts of 300 bytes to the log, so many at a time, with
// fsync: one is a lone message, more are one atomic batch.
func BenchmarkPublish(b *testing.B) {
	for _, size := range []int{1, 10, 100, 500} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			url, monitor := testenv.NATS(b)
			l, err := Connect(b.Context(), Options{URL: url, Name: "bench", MonitorURL: monitor,
				Logger: testenv.Logger(b, slog.LevelError), Metrics: prometheus.NewRegistry()})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			if err := l.Setup(b.Context(), SetupOptions{ChatBytes: 8 << 30}); err != nil {
				b.Fatal(err)
			}
			room, text := chat.NewID(), strings.Repeat("natter", 50)
			for b.Loop() {
				batch := make([]*pending, size)
				for i := range batch {
					ev := post(room, text)
					batch[i] = &pending{id: ev.ID, subject: ev.Subject(), body: ev.Encode()}
				}
				if _, _, err := l.send(b.Context(), events.Chat, batch, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

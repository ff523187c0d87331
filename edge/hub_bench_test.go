package edge

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// BenchmarkHall is the fan-out of one room to 1000 sockets over loopback TCP:
// from the log's entry to the bytes in the readers' hands. One operation is an
// event; deliveries/s is what issue and docs/performance.md speak of. The
// readers run in the same process: µs/delivery counts both sides.
func BenchmarkHall(b *testing.B) {
	for name, burst := range map[string]int{"one by one": 1, "bursts of 10": 10, "bursts of 500": 500} {
		b.Run(name, func(b *testing.B) { hall(b, 1000, burst) })
	}
}

func hall(b *testing.B, size, burst int) {
	topic := newTestTopic()
	var received atomic.Int64
	conns, done := hallOf(b, topic, size, &received)
	entries := hallEntries(topic, b.N)
	frame, _ := encodeEvent(topic.scope, 1, 0, entries[0].Body)
	cpu := cpuTime()
	b.ResetTimer()
	for i, e := range entries {
		topic.Event(e)
		if (i+1)%burst == 0 {
			for _, c := range conns {
				c.wait(context.Background())
			}
		}
	}
	for _, c := range conns {
		c.wait(context.Background())
	}
	b.StopTimer()
	deliveries := float64(b.N * size)
	b.ReportMetric(deliveries/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/deliveries, "µs/delivery")
	for _, c := range conns {
		c.net.Close()
	}
	done()
	if got, least := received.Load(), int64(b.N*size)*int64(len(frame)-40); got < least {
		b.Errorf("%d bytes arrived, at least %d were sent", got, least)
	}
}

// hallOf connects size sockets to the topic. Their readers only count bytes.
func hallOf(b *testing.B, t *topic, size int, received *atomic.Int64) (conns []*conn, done func()) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	var readers sync.WaitGroup
	for range size {
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		server, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		readers.Go(func() {
			defer client.Close()
			buf := make([]byte, 32<<10)
			for {
				n, err := client.Read(buf)
				received.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
		c := &conn{hub: t.hub, net: server}
		conns = append(conns, c)
		t.join(&subscription{topic: t, to: c, user: "somebody"})
	}
	return conns, readers.Wait
}

// hallEntries are messages of 300 bytes, as the log republishes them.
func hallEntries(t *topic, n int) []events.Entry {
	entries := make([]events.Entry, n)
	who := events.Person{ID: chat.NewID(), Name: "ada"}
	text := strings.Repeat("x", 300)
	for i := range entries {
		key := chat.NewID()
		ev := events.New(events.MessagePosted, key, t.scope, who, time.Now(), events.MessagePostedData{Key: key, Text: text})
		entries[i] = events.Entry{Stream: events.Chat, Subject: t.subject, Seq: uint64(i + 1), Prev: uint64(i), Body: ev.Encode()}
	}
	return entries
}

// cpuTime is what this process has used so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/sql"
)

// servers starts the servers of a cluster and sets them up, without any role.
func servers(t *testing.T) *Cluster {
	t.Helper()
	c := natsServers(t, Options{})
	startedPostgres(t, c)
	db, err := sql.Open(t.Context(), c.Postgres.URL(), quiet(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.sql(t, "DELETE FROM outbox") // the lobby's event, which no edge publishes here
	return c
}

// natsServers starts NATS alone, with the streams.
func natsServers(t *testing.T, o Options) *Cluster {
	t.Helper()
	c := empty(t, o)
	if err := errors.Join(c.openNetwork(), c.startNATS()); err != nil {
		t.Fatal(err)
	}
	err := c.withLog(func(ctx context.Context, l *jetstream.Log) error {
		return l.Setup(ctx, jetstream.SetupOptions{Replicas: len(c.NATSServers), ChatBytes: 64 << 20})
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func startedPostgres(t *testing.T, c *Cluster) *Postgres {
	t.Helper()
	if err := c.startPostgres(); err != nil {
		t.Fatal(err)
	}
	return c.Postgres
}

// empty is a cluster in which nothing runs. What is started in it ends with
// the test.
func empty(t *testing.T, o Options) *Cluster {
	t.Helper()
	dir := folder(t)
	o.Dir, o.Binaries = dir, natsd
	c := &Cluster{options: o}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "natter-cluster-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (c *Cluster) sql(t *testing.T, statement string, args ...any) [][]string {
	t.Helper()
	rows, err := c.Postgres.Query(fmt.Sprintf(statement, args...))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestServersComeBackWithWhatTheyHad(t *testing.T) {
	t.Parallel()
	c := servers(t)
	c.sql(t, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
	body := []byte("any bytes\x00")
	seq, err := c.NATS.PublishRaw(events.Chat.Subject(uuid.NewString()), body)
	if err != nil {
		t.Fatal(err)
	}
	c.NATS.Kill()
	c.Postgres.Kill()
	if _, err := c.Postgres.Query("SELECT 1"); err == nil {
		t.Error("a killed server answers")
	}
	if err := errors.Join(c.NATS.Restart(), c.Postgres.Restart()); err != nil {
		t.Fatal(err)
	}
	entries, err := c.Entries(events.Chat)
	if err != nil || len(entries) != 1 || entries[0].Seq != seq || string(entries[0].Body) != string(body) {
		t.Errorf("the log holds %v, %v", entries, err)
	}
	if got := c.sql(t, "SELECT n FROM kept"); got[0][0] != "7" {
		t.Errorf("the table holds %q", got)
	}
}

func TestAProxyDropsWhatItIsToldAndNothingElse(t *testing.T) {
	t.Parallel()
	c := servers(t)
	p, err := NewProxy(c.NATS.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.DropLive("live.chat.", 0.5, 1)
	conn, err := net.Dial("tcp", p.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprint(conn, "CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB live.> 1\r\nSUB end 2\r\nPING\r\n")
	r := bufio.NewReader(conn)
	for line := ""; line != "PONG"; {
		m, err := readMessage(r)
		if err != nil {
			t.Fatal(err)
		}
		line = m.line
	}
	room := uuid.NewString()
	for i := range 200 {
		for _, s := range []events.Stream{events.Chat, events.Reads} {
			if _, err := c.NATS.PublishRaw(s.Subject(room), fmt.Appendf(nil, "event\r\nMSG %d", i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	fmt.Fprint(conn, "PUB end 0\r\n\r\n")
	got := map[string]int{}
	for got["end"] == 0 {
		m, err := readMessage(r)
		if err != nil {
			t.Fatal(err)
		}
		if s := m.subject(); s != "" {
			got[strings.SplitAfter(s, ".")[min(1, strings.Count(s, "."))]]++
		}
	}
	if got["read."] != 200 || got["chat."]+p.Dropped() != 200 || p.Dropped() < 60 || p.Dropped() > 140 {
		t.Errorf("%v came through, %d were dropped", got, p.Dropped())
	}
}

// publish puts an event into the log as natter does.
func (c *Cluster) publish(t *testing.T, ev events.Event) {
	t.Helper()
	err := c.withLog(func(ctx context.Context, l *jetstream.Log) error {
		_, _, err := l.Publish(ctx, ev)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

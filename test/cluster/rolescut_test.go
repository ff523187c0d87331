package cluster

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/natter-chat/natter/events"
)

func cutSockets(t *testing.T, c *Cluster) {
	var conns []net.Conn
	for range 50 {
		conn, err := net.Dial("tcp", c.Edges[0].listen)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
	}
	Eventually(t, 5*time.Second, func() error {
		n, err := c.CutSockets(c.Edges[0])
		if err == nil && n == 0 {
			err = errors.New("nothing was cut")
		}
		return err
	})
	for _, conn := range conns {
		_ = conn.SetReadDeadline(time.Now().Add(time.Second))
		var timeout net.Error
		if _, err := conn.Read(make([]byte, 1)); errors.As(err, &timeout) && timeout.Timeout() {
			t.Fatal("a socket was not cut")
		}
	}
}

func cutWorker(t *testing.T, c *Cluster) {
	cut, err := c.Partition(c.Persisters[0], Outgoing, c.Postgres)
	if err != nil {
		t.Fatal(err)
	}
	seq := c.put(t)
	Eventually(t, 10*time.Second, func() error {
		n, err := cut.Dropped()
		if err == nil && n == 0 {
			err = errors.New("nothing was dropped")
		}
		return err
	})
	if c.buried(seq) == nil {
		t.Error("a persister that is cut from the database has written")
	}
	if err := cut.Heal(); err != nil {
		t.Fatal(err)
	}
	Eventually(t, 20*time.Second, func() error { return c.buried(seq) })
}

func cutEdge(t *testing.T, c *Cluster) {
	e := c.Edges[1]
	var servers []Party
	for _, n := range c.NATSServers {
		servers = append(servers, n)
	}
	cut, err := c.Partition(e, BothWays, servers...)
	if err != nil {
		t.Fatal(err)
	}
	Eventually(t, 20*time.Second, func() error {
		if e.Ready() == nil {
			return errors.New("an edge that is cut from NATS is ready")
		}
		return nil
	})
	if n, err := cut.Dropped(); err != nil || n == 0 {
		t.Errorf("%d packets were dropped, %v", n, err)
	}
	if err := cut.Heal(); err != nil {
		t.Fatal(err)
	}
	Eventually(t, 20*time.Second, e.Ready)
	if _, err := c.PublishRaw(events.Chat.Subject(uuid.NewString()), []byte("any")); err != nil {
		t.Error(err)
	}
}

package cluster

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

// put publishes any body and returns its sequence.
func (c *Cluster) put(t *testing.T) uint64 {
	t.Helper()
	var seq uint64
	Eventually(t, 20*time.Second, func() (err error) {
		seq, err = c.PublishRaw(events.Chat.Subject(uuid.NewString()), []byte("any"))
		return err
	})
	return seq
}

// hello is what a server tells every client first.
func (n *NATS) hello(t *testing.T) string {
	t.Helper()
	conn, err := net.Dial("tcp", n.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestThreeServersGoOnWithoutTheirLeaderAndTakeItBack(t *testing.T) {
	t.Parallel()
	c := natsServers(t, Options{NATSServers: 3})
	first := c.put(t)
	if info := c.NATS.hello(t); strings.Contains(info, "connect_urls") {
		t.Errorf("a server leads clients round their proxies: %s", info)
	}
	old, err := c.Leader(events.Chat)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.StepDown(events.Chat); err != nil {
		t.Fatal(err)
	}
	leader, err := c.Leader(events.Chat)
	if err != nil || leader == old {
		t.Fatalf("%v leads after %s stepped down: %v", leader, old.Name, err)
	}
	leader.Kill()
	Eventually(t, 20*time.Second, func() error {
		now, err := c.Leader(events.Chat)
		if err == nil && now == leader {
			err = fmt.Errorf("the killed %s still leads", leader.Name)
		}
		return err
	})
	if seq := c.put(t); seq != first+1 {
		t.Errorf("the entry after %d is %d", first, seq)
	}
	if err := leader.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := c.Current(30 * time.Second); err != nil {
		t.Error(err)
	}
	if followers, err := c.Followers(events.Chat); err != nil || len(followers) != 2 {
		t.Errorf("%d follow, %v", len(followers), err)
	}
}

func TestOfOneServer(t *testing.T) {
	t.Parallel()
	c := natsServers(t, Options{})
	t.Run("a deleted consumer is gone", func(t *testing.T) { deletedConsumer(t, c) })
	t.Run("while it is stopped it answers nobody", func(t *testing.T) {
		c.NATS.Stop()
		if _, err := c.NATS.request("$JS.API.INFO", nil, 500*time.Millisecond); err == nil {
			t.Error("a stopped server answers")
		}
		c.NATS.Continue()
		c.put(t)
	})
	t.Run("what it holds is counted", func(t *testing.T) {
		f, err := c.NATS.Footprint()
		if err != nil || f.RSS < 1<<20 || f.Descriptors < 5 || f.Threads < 2 {
			t.Errorf("%+v, %v", f, err)
		}
		Eventually(t, 5*time.Second, func() error {
			n, err := c.Connections()
			if err == nil && n != 3 { // the audit's
				err = fmt.Errorf("%d connections", n)
			}
			return err
		})
	})
}

func deletedConsumer(t *testing.T, c *Cluster) {
	before, err := c.Consumers()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteConsumer(jetstream.NotifierChat); err != nil {
		t.Fatal(err)
	}
	after, err := c.Consumers()
	if err != nil || before[events.Chat] != 3 || after[events.Chat] != 2 {
		t.Errorf("CHAT had %d consumers and has %d, %v", before[events.Chat], after[events.Chat], err)
	}
	if err := c.DeleteConsumer(jetstream.NotifierChat); err == nil {
		t.Error("it was deleted twice")
	}
}

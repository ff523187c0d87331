package cluster

import (
	"bufio"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/natter-chat/natter/events"
)

// apart starts three servers, each in a namespace of its own.
func apart(t *testing.T) *Cluster {
	t.Helper()
	needsRoot(t)
	return natsServers(t, Options{NATSServers: 3, Network: true})
}

func (c *Cluster) partition(t *testing.T, p Party, way Way, others ...Party) *Cut {
	t.Helper()
	cut, err := c.Partition(p, way, others...)
	if err != nil {
		t.Fatal(err)
	}
	return cut
}

// others are the servers besides one.
func (c *Cluster) others(n *NATS) (others []Party) {
	for _, other := range c.NATSServers {
		if other != n {
			others = append(others, other)
		}
	}
	return others
}

// acks reports whether a server acknowledges a write within the time.
func (n *NATS) acks(within time.Duration) error {
	payload, err := n.request(events.Chat.Subject(uuid.NewString()), []byte("any"), within)
	if err == nil {
		_, err = sequence(payload)
	}
	return err
}

func TestAMinorityAcknowledgesNothingUntilThePartitionHeals(t *testing.T) {
	t.Parallel()
	c := apart(t)
	for _, way := range []Way{BothWays, Outgoing, Incoming} {
		all, err := c.Followers(events.Chat)
		if err != nil {
			t.Fatal(err)
		}
		t.Run("a follower, "+way.String(), func(t *testing.T) { c.isolate(t, all[0], way) })
	}
	leader, err := c.Leader(events.Chat)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the leader", func(t *testing.T) { c.isolate(t, leader, BothWays) })
}

// isolate cuts a server off from the others until it has shown that it does
// not acknowledge and they do.
func (c *Cluster) isolate(t *testing.T, alone *NATS, way Way) {
	others := c.others(alone)
	cut := c.partition(t, alone, way, others...)
	if err := alone.acks(time.Second); err == nil {
		t.Error("a server that is cut off from the others has acknowledged")
	}
	Eventually(t, 20*time.Second, func() error { return others[0].(*NATS).acks(time.Second) })
	if n, err := cut.Dropped(); err != nil || n == 0 {
		t.Errorf("the cut has dropped %d packets, %v", n, err)
	}
	if err := cut.Heal(); err != nil {
		t.Fatal(err)
	}
	Eventually(t, 20*time.Second, func() error { return alone.acks(time.Second) })
	if err := c.Current(20 * time.Second); err != nil {
		t.Error(err)
	}
}

func TestAOneWayCutLosesTheAnswersOnly(t *testing.T) {
	t.Parallel()
	c := apart(t)
	n := c.NATS
	conn, err := net.Dial("tcp", n.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	answers := bufio.NewReader(conn)
	fmt.Fprint(conn, "CONNECT {\"verbose\":false}\r\nSUB answer 1\r\nPING\r\n")
	for line := ""; line != "PONG"; {
		m, err := readMessage(answers)
		if err != nil {
			t.Fatal(err)
		}
		line = m.line
	}
	before, err := c.Last(events.Chat)
	if err != nil {
		t.Fatal(err)
	}
	cut := c.partition(t, n, Outgoing, c.Clients())
	fmt.Fprintf(conn, "PUB %s answer 3\r\nany\r\n", events.Chat.Subject(uuid.NewString()))
	Eventually(t, 5*time.Second, func() error {
		dropped, err := cut.Dropped()
		if err == nil && dropped == 0 {
			err = fmt.Errorf("nothing was dropped")
		}
		return err
	})
	_ = conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	if m, err := readMessage(answers); err == nil {
		t.Errorf("%q came through", m.line)
	}
	if err := c.Heal(); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	m, err := readMessage(bufio.NewReader(conn))
	if err != nil || m.subject() != "answer" {
		t.Errorf("after the cut %q came, %v", m.line, err)
	}
	if after, err := c.Last(events.Chat); err != nil || after != before+1 {
		t.Errorf("the log went from %d to %d, %v", before, after, err)
	}
}

func TestNothingOfANetworkIsLeftAfterClose(t *testing.T) {
	needsRoot(t)
	before, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	c := &Cluster{}
	if c.network, err = newNetwork(); err != nil {
		t.Fatal(err)
	}
	one, err := c.network.own()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.in.drop("cut", one.addr, one.addr); err != nil {
		t.Fatal(err)
	}
	if err := c.network.close(); err != nil {
		t.Fatal(err)
	}
	Eventually(t, 5*time.Second, func() error {
		after, err := net.Interfaces()
		if err == nil && len(after) != len(before) {
			err = fmt.Errorf("there were %v and are %v", before, after)
		}
		return err
	})
}

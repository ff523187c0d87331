package cluster

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

// town starts all of natter with three NATS servers, in a network where this
// user may make one.
func town(t *testing.T) *Cluster {
	t.Helper()
	c, err := Start(Options{Dir: folder(t), Binaries: all, Edges: 2, Persisters: 1, Notifiers: 1,
		NATSServers: 3, Network: partitions == nil, Proxies: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestOfAllRoles(t *testing.T) {
	t.Parallel()
	c := town(t)
	for _, story := range []struct {
		name string
		tell func(*testing.T, *Cluster)
		root bool
	}{
		{"a deleted consumer comes back and nothing is lost", remadeConsumer, false},
		{"without connections to be had a role waits", noConnections, false},
		{"an edge's proxies drop what the log republishes", droppedLive, false},
		{"edges roll one after the other", rolledEdges, false},
		{"all sockets of an edge are cut at once", cutSockets, true},
		{"a worker is cut from the database", cutWorker, true},
		{"an edge is cut from NATS behind its proxies", cutEdge, true},
	} {
		t.Run(story.name, func(t *testing.T) {
			if story.root {
				needsRoot(t)
			}
			defer func() {
				if t.Failed() {
					t.Log(c.Logs(20))
				}
			}()
			story.tell(t, c)
			if err := c.Whole(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// buried puts something into CHAT that is no event, and waits until the
// persister has said so in the tables.
func (c *Cluster) buried(seq uint64) error {
	rows, err := c.Postgres.Query(fmt.Sprintf("SELECT 1 FROM dead_letters WHERE consumer = 'persister-chat' AND seq = %d", seq))
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf("entry %d is no dead letter", seq)
	}
	return err
}

func remadeConsumer(t *testing.T, c *Cluster) {
	if err := c.DeleteConsumer(jetstream.PersisterChat); err != nil {
		t.Fatal(err)
	}
	seq := c.put(t)
	Eventually(t, 20*time.Second, func() error { return c.buried(seq) })
	if all, err := c.Consumers(); err != nil || all[events.Chat] != 3 {
		t.Errorf("CHAT has %d consumers, %v", all[events.Chat], err)
	}
}

func noConnections(t *testing.T, c *Cluster) {
	release, taken, err := c.Postgres.TakeConnections()
	if err != nil {
		t.Fatal(err)
	}
	seq := c.put(t)
	if c.Postgres.answers(t, 3*time.Second, "SELECT 1") {
		t.Errorf("somebody connected although %d connections are taken", taken)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	Eventually(t, 20*time.Second, func() error { return c.buried(seq) })
}

// Every edge follows all sessions, whoever is connected.
func droppedLive(t *testing.T, c *Cluster) {
	e := c.Edges[0]
	e.DropLive("live.session.", 1, 1)
	for range 5 {
		if _, err := c.PublishRaw(events.Sessions.Subject(uuid.NewString()), []byte("any")); err != nil {
			t.Fatal(err)
		}
	}
	Eventually(t, 10*time.Second, func() error {
		if n := e.DroppedLive(); n != 5 {
			return fmt.Errorf("%d were dropped", n)
		}
		return nil
	})
	e.PassLive()
	if n := c.Edges[1].DroppedLive(); n != 0 {
		t.Errorf("the other edge's proxies have dropped %d", n)
	}
}

func rolledEdges(t *testing.T, c *Cluster) {
	var before []int
	for _, e := range c.Edges {
		before = append(before, e.PID())
	}
	rolled := 0
	err := c.Roll(func() error { rolled++; return errors.Join(c.Edges[0].Ready(), c.Edges[1].Ready()) })
	if err != nil || rolled != 2 {
		t.Errorf("%d edges were rolled: %v", rolled, err)
	}
	for i, e := range c.Edges {
		if e.PID() == before[i] {
			t.Errorf("%s is the process that it was", e.Name)
		}
	}
	if f, err := c.Edges[0].Footprint(); err != nil || f.Goroutines < 5 || f.Descriptors < 5 {
		t.Errorf("%+v, %v", f, err)
	}
}

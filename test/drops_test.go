package test

import (
	"fmt"
	"testing"

	"github.com/natter-chat/natter/test/cluster"
)

func TestLostPushesAreFilledFromTheLogAndNobodyNotices(t *testing.T) {
	w := town(t)
	const seed, probability = 7, 0.05
	proxy, err := cluster.NewProxy(w.NATS.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Close)
	lossy, err := w.AddEdge(map[string]string{"NATS_URL": proxy.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.RemoveEdge(lossy); err != nil {
			t.Error(err)
		}
	})
	people := w.People("ann", "ben", "cid")
	bob := w.Person("bob").On(lossy)
	rooms := []string{people[0].Creates("tea"), people[0].Creates("milk")}
	for _, room := range rooms {
		for _, p := range append(people[1:], bob) {
			p.Joins(room)
		}
		bob.Follows(room)
	}
	before := filled(t, lossy)
	proxy.DropLive("live.chat.", probability, seed)

	first := w.chattering(rooms[0], 250, numbered, people...)
	second := w.chattering(rooms[1], 250, numbered, people...)
	said := [][]string{first.Wait(rooms[0]), second.Wait(rooms[1])}
	for i, room := range rooms {
		bob.SeesExactly(room, said[i])
		bob.SawNoReset(room)
	}

	if ends := bob.Live().Ends(); len(ends) > 0 {
		t.Errorf("the socket ended: %+v", ends)
	}
	dropped := proxy.Dropped()
	if dropped < 30 {
		t.Errorf("only %d of 1500 messages were dropped: nothing was shown", dropped)
	}
	if got := filled(t, lossy) - before; got != dropped {
		t.Errorf("%d messages were dropped, %d were filled from the log (seed %d)", dropped, got, seed)
	}
	t.Logf("%d messages dropped and filled (seed %d)", dropped, seed)
}

func numbered(i int) string { return fmt.Sprintf("message %d", i) }

// filled counts the room events that an edge had to read from the log.
func filled(t *testing.T, e *cluster.Edge) int {
	t.Helper()
	return int(metric(t, &e.Role, "natter_feed_filled_total", `stream="CHAT"`))
}

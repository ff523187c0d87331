package edge

import (
	"context"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
)

// actor comes and goes at random and knows how they stand in the end.
type actor struct {
	*person
	sockets []*socket
	away    []bool
	member  bool
}

// acts does one thing.
func (a *actor) acts(dice *rand.Rand, edges []*node, room string) {
	switch at := edges[dice.IntN(len(edges))]; dice.IntN(8) {
	case 0, 1, 2:
		if len(a.sockets) < 3 {
			a.sockets, a.away = append(a.sockets, a.connects(at)), append(a.away, false)
		}
	case 3, 4, 5:
		if n := len(a.sockets); n > 0 {
			a.sockets[n-1].closes()
			a.sockets, a.away = a.sockets[:n-1], a.away[:n-1]
		}
	case 6:
		if n := len(a.sockets); n > 0 {
			a.away[n-1] = !a.away[n-1]
			is := chat.Here
			if a.away[n-1] {
				is = chat.Away
			}
			a.sockets[n-1].sends(standingFrame{Op: "presence", State: is})
		}
	case 7:
		if a.member {
			a.leaves(at, room)
		} else {
			a.enters(at, room)
		}
		a.member = !a.member
	}
}

// stands is the truth about the actor, as members of the room are to see it.
func (a *actor) stands() chat.Standing {
	is := chat.Offline
	for _, away := range a.away {
		switch {
		case !a.member:
		case !away:
			return chat.Here
		default:
			is = chat.Away
		}
	}
	return is
}

// Whoever watches sees each step once and in order, from their snapshot on: the
// onlooker insists on that with every frame. In the end all see the truth.
func TestWatchersMissNothingWhilePeopleComeGoJoinAndLeaveEverywhere(t *testing.T) {
	w := newWorld(t)
	edges := []*node{w.edge(), w.edge(), w.edge()}
	for _, n := range edges {
		n.hurry()
	}
	host := edges[0].join(t, "host")
	room := host.makes(edges[0], "public", "tea").ID
	bell := edges[0].join(t, "bell")
	bell.enters(edges[0], room)
	var actors []*actor
	for _, name := range []string{"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"} {
		actors = append(actors, &actor{person: edges[0].join(t, name)})
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	var acting sync.WaitGroup
	for i, a := range actors {
		acting.Go(func() {
			dice := rand.New(rand.NewPCG(seed, uint64(i)))
			for ctx.Err() == nil {
				a.acts(dice, edges, room)
			}
		})
	}
	// Watchers attach in the middle of it, some again and again.
	watchers := make([]*onlooker, 9)
	var watching sync.WaitGroup
	calm := make(chan struct{})
	for i := range watchers {
		watching.Go(func() {
			o := host.watches(edges[i%len(edges)], room)
			watchers[i] = o
			for turns := 0; ctx.Err() == nil; turns++ {
				o.look()
				if i%3 == 0 && turns%20 == 19 {
					o.sends(watchFrame{Op: "watch", ID: 9, Rooms: []string{room}})
				}
			}
			<-calm
			o.seesAll(actors)
		})
	}
	acting.Wait()
	close(calm)
	bell.connects(edges[1]) // everybody hears of it: nobody waits for what was the last
	watching.Wait()
}

// seesAll reads until what it sees is the truth.
func (o *onlooker) seesAll(actors []*actor) {
	o.t.Helper()
	for until := time.Now().Add(patience); time.Now().Before(until); {
		truth := map[string]chat.Standing{}
		for _, a := range actors {
			if is := a.stands(); is != chat.Offline {
				truth[a.id] = is
			}
		}
		view := maps.Clone(o.people)
		for id := range view {
			if _, ok := truth[id]; !ok && !isActor(actors, id) {
				delete(view, id)
			}
		}
		if maps.Equal(truth, view) {
			return
		}
		o.look()
	}
	o.t.Errorf("it never came to see the truth")
}

func isActor(actors []*actor, id string) bool {
	for _, a := range actors {
		if a.id == id {
			return true
		}
	}
	return false
}

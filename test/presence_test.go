package test

import (
	"fmt"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/cluster"
)

// ghostTime is how long the people of an edge that was killed may be shown.
const ghostTime = 10 * time.Second

// Sits opens a socket at the edge that does not come back when it is cut.
func (p *Person) Sits(e *cluster.Edge) *client.Socket {
	p.t.Helper()
	s, err := client.Dial(p.ctx(), e.URL, client.DialOptions{})
	p.must("dial", err)
	p.t.Cleanup(s.Cut)
	_, err = s.Auth(p.ctx(), p.Token())
	p.must("authenticate", err)
	return s
}

// Counts waits until the member list of the room at p's edge shows everybody as
// told, and returns how long that took.
func (p *Person) Counts(room string, within time.Duration, stand map[*Person]chat.Standing) time.Duration {
	p.t.Helper()
	start := time.Now()
	eventually(p.t, within, func() error {
		members, _, err := p.Members(p.ctx(), room, "", 100)
		if err != nil {
			return err
		}
		is := map[string]chat.Member{}
		for _, m := range members {
			is[m.Name] = m
		}
		for who, want := range stand {
			if m := is[who.Name]; m.Presence != want {
				return fmt.Errorf("%s is %s, want %s", who.Name, m.Presence, want)
			} else if want == chat.Offline && time.Since(m.Seen) > time.Minute {
				return fmt.Errorf("%s was seen at %s", who.Name, m.Seen)
			}
		}
		return nil
	})
	return time.Since(start)
}

func TestThePeopleOfAnEdgeThatIsKilledAreGoneWithinTenSeconds(t *testing.T) {
	w := town(t)
	ann, ben, cid := w.Person("ann").On(w.Edges[0]), w.Person("ben"), w.Person("cid")
	room := ann.Creates("tea")
	ben.Joins(room)
	cid.Joins(room)
	ann.Sits(w.Edges[0])
	ben.Sits(w.Edges[1])
	cid.Sits(w.Edges[1])
	cid.Sits(w.Edges[0]) // on two devices
	all := map[*Person]chat.Standing{ann: chat.Here, ben: chat.Here, cid: chat.Here}
	ann.Counts(room, deadline, all)
	ann.On(w.Edges[1]).Counts(room, deadline, all)

	w.Edges[1].Kill()
	took := ann.Counts(room, 2*ghostTime, map[*Person]chat.Standing{ann: chat.Here, ben: chat.Offline, cid: chat.Here})
	t.Logf("the ghost of an edge that was killed was seen for %s", took)
	if took > ghostTime {
		t.Errorf("a ghost for %s, longer than %s", took, ghostTime)
	}
	whole(t, w.Cluster)
	took = ann.On(w.Edges[1]).Counts(room, deadline, map[*Person]chat.Standing{ann: chat.Here, ben: chat.Offline, cid: chat.Here})
	t.Logf("an edge that started knew who is there %s after it was ready", took)
}

func TestAnEdgeThatStandsStillLosesItsPeopleAndHasThemAgainWhenItGoesOn(t *testing.T) {
	w := town(t)
	ann, ben := w.Person("ann").On(w.Edges[0]), w.Person("ben")
	room := ann.Creates("tea")
	ben.Joins(room)
	ann.Sits(w.Edges[0])
	ben.Sits(w.Edges[1])
	both := map[*Person]chat.Standing{ann: chat.Here, ben: chat.Here}
	ann.Counts(room, deadline, both)
	ben.On(w.Edges[1]).Counts(room, deadline, both)

	frozen := time.Now()
	w.Edges[1].Stop()
	if took := ann.Counts(room, 2*ghostTime, map[*Person]chat.Standing{ann: chat.Here, ben: chat.Offline}); took > ghostTime {
		t.Errorf("a ghost for %s, longer than %s", took, ghostTime)
	}
	if left := 15*time.Second - time.Since(frozen); left > 0 {
		pass(t, left, "the edge has stood still for 15 s")
	}
	w.Edges[1].Continue()
	took := ann.Counts(room, deadline, both)
	own := ben.On(w.Edges[1]).Counts(room, deadline, both)
	t.Logf("%s after it went on, its people were there again; %s later it knew the others'", took, own)
}

func TestWhoIsThereSurvivesTheBrokersRestart(t *testing.T) {
	w := town(t)
	ann, ben := w.Person("ann").On(w.Edges[0]), w.Person("ben")
	room := ann.Creates("tea")
	ben.Joins(room)
	ann.Sits(w.Edges[0])
	bens := ben.Sits(w.Edges[1])
	both := map[*Person]chat.Standing{ann: chat.Here, ben: chat.Here}
	ann.Counts(room, deadline, both)
	w.NATS.Kill()
	ann.must("restart NATS", w.NATS.Restart())
	ann.Counts(room, deadline, both)
	ben.On(w.Edges[1]).Counts(room, deadline, both)
	bens.Cut()
	ann.Counts(room, deadline, map[*Person]chat.Standing{ann: chat.Here, ben: chat.Offline})
}

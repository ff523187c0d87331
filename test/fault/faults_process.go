package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/test/cluster"
)

// process is what all that can be killed, stopped and started again has.
type process interface {
	PID() int
	Running() bool
	Kill()
	Stop()
	Continue()
	Terminate(time.Duration) (int, error)
	Restart() error
}

// kill ends a process as a crash does; healed, it has another process id.
func kill(name string, p process) (*blow, error) {
	before := p.PID()
	p.Kill()
	if p.Running() {
		return nil, fmt.Errorf("%s outlived SIGKILL", name)
	}
	return &blow{heal: func(b *blow) error {
		if err := p.Restart(); err != nil {
			return err
		}
		if now := p.PID(); now != before {
			b.hit = fmt.Sprintf("%s was %d and is %d", name, before, now)
		}
		return nil
	}}, nil
}

// stop freezes a process; the kernel says that it did.
func stop(name string, p process) (*blow, error) {
	p.Stop()
	b := &blow{heal: func(*blow) error { p.Continue(); return nil }}
	for until := time.Now().Add(time.Second); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
		if err != nil {
			break
		}
		_, state, _ := strings.Cut(string(raw), ") ")
		if strings.HasPrefix(state, "T") {
			b.hit = fmt.Sprintf("%s (%d) stands still", name, p.PID())
			break
		}
	}
	return b, nil
}

// restart asks a process to end, which it must do well, and starts it again.
func restart(k *run, name string, p process) (*blow, error) {
	before := p.PID()
	code, err := p.Terminate(20 * time.Second)
	if err != nil || code != 0 {
		k.breaks("end", fmt.Sprintf("%s ended with code %d after SIGTERM: %v", name, code, err))
	}
	return &blow{heal: func(b *blow) error {
		if err := p.Restart(); err != nil {
			return err
		}
		b.hit = fmt.Sprintf("%s was %d and is %d", name, before, p.PID())
		return nil
	}}, nil
}

func (k *run) edge() *cluster.Edge { return one(k.dice, k.Edges) }

func (k *run) nats() *cluster.NATS { return one(k.dice, k.NATSServers) }

// persister and notifier are those that work at this moment, mostly: what
// happens to one that stands by is worth a look, too.
func (k *run) persister() *cluster.Role { return k.active(k.Persisters, jetstream.PersisterChat) }

func (k *run) notifier() *cluster.Role { return k.active(k.Notifiers, jetstream.NotifierChat) }

// active returns the instance that applies entries; where none does, or at one
// of eight times, any.
func (k *run) active(roles []*cluster.Role, consumer jetstream.Consumer) *cluster.Role {
	before := map[*cluster.Role]float64{}
	label := fmt.Sprintf("consumer=%q", consumer)
	for _, r := range roles {
		before[r], _ = r.Metric("natter_work_applied_total", label)
	}
	for i := 0; i < 20 && k.dice.IntN(160) > 0; i++ {
		if pause(k.ctx, 50*time.Millisecond) != nil {
			break
		}
		for _, r := range roles {
			if n, err := r.Metric("natter_work_applied_total", label); err == nil && n > before[r] {
				return r
			}
		}
	}
	return one(k.dice, roles)
}

func killEdge(k *run) (*blow, error)      { e := k.edge(); return kill(e.Name, e) }
func killPersister(k *run) (*blow, error) { p := k.persister(); return kill(p.Name, p) }
func killNotifier(k *run) (*blow, error)  { n := k.notifier(); return kill(n.Name, n) }
func killNATS(k *run) (*blow, error)      { n := k.nats(); return kill(n.Name, n) }

// killNATSLeader returns when the two others have another leader.
func killNATSLeader(k *run) (*blow, error) {
	old, err := k.Leader(events.Chat)
	if err != nil {
		return nil, err
	}
	b, err := kill(old.Name, old)
	if err != nil {
		return nil, err
	}
	for until := time.Now().Add(20 * second); time.Now().Before(until); {
		if now, err := k.Leader(events.Chat); err == nil && now != old {
			b.hit = fmt.Sprintf("CHAT was led by %s and is led by %s", old.Name, now.Name)
			return b, nil
		}
		if pause(k.ctx, 50*time.Millisecond) != nil {
			break
		}
	}
	return b, nil
}

func stopEdge(k *run) (*blow, error)      { e := k.edge(); return stop(e.Name, e) }
func stopPersister(k *run) (*blow, error) { p := k.persister(); return stop(p.Name, p) }
func stopNotifier(k *run) (*blow, error)  { n := k.notifier(); return stop(n.Name, n) }
func stopNATS(k *run) (*blow, error)      { n := k.nats(); return stop(n.Name, n) }

func restartEdge(k *run) (*blow, error) { e := k.edge(); return restart(k, e.Name, e) }
func restartPersister(k *run) (*blow, error) {
	p := one(k.dice, k.Persisters)
	return restart(k, p.Name, p)
}
func restartNotifier(k *run) (*blow, error) {
	n := one(k.dice, k.Notifiers)
	return restart(k, n.Name, n)
}
func restartNATS(k *run) (*blow, error) { n := k.nats(); return restart(k, n.Name, n) }

// rollEdges takes as long as each edge takes to drain: the recovery counts from
// its end.
func rollEdges(k *run) (*blow, error) {
	var before, after []int
	for _, e := range k.Edges {
		before = append(before, e.PID())
	}
	err := k.Roll(nil)
	for i, e := range k.Edges {
		if e.PID() == before[i] && err == nil {
			return &blow{}, nil
		}
		after = append(after, e.PID())
	}
	return &blow{hit: fmt.Sprintf("the edges were %d and are %d", before, after), heal: func(*blow) error { return k.startEdges() }}, err
}

// startEdges starts those that a roll left behind when it failed.
func (k *run) startEdges() (wrong error) {
	for _, e := range k.Edges {
		if !e.Running() {
			wrong = errors.Join(wrong, e.Restart())
		}
	}
	return wrong
}

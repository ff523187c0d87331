package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// fault is one way of breaking natter.
type fault struct {
	name string
	what string
	// target is how soon natter has to work again: after the strike where early
	// is set, for then it has to do so unhealed; else after the healing began.
	target time.Duration
	early  bool
	// hold is for how long, at least and at most, the fault lasts.
	hold    [2]time.Duration
	network bool // needs Options.Network: root
	three   bool // needs three NATS servers
	strike  func(*run) (*blow, error)
}

// blow is a fault that was struck. hit says what showed that it hit; it may
// become known only while heal ends the fault. A blow that cannot say it missed.
type blow struct {
	hit  string
	heal func(*blow) error
}

const second = time.Second

var (
	atOnce = [2]time.Duration{}
	short  = [2]time.Duration{second, 4 * second}
	long   = [2]time.Duration{second, 9 * second}
)

// faults are all that there are.
var faults = []fault{
	{name: "kill-edge", what: "SIGKILL to an edge; it starts again", target: 5 * second, strike: killEdge},
	{name: "lose-edge", what: "SIGKILL to an edge, which stays away until nobody sees its people any more", target: 5 * second, strike: loseEdge},
	{name: "kill-persister", what: "SIGKILL to the persister that works; the other takes over", target: 10 * second, early: true, hold: atOnce, strike: killPersister},
	{name: "kill-notifier", what: "SIGKILL to the notifier that works; the other takes over", target: 10 * second, early: true, hold: atOnce, strike: killNotifier},
	{name: "kill-nats", what: "SIGKILL to any NATS server; it starts again", target: 12 * second, strike: killNATS},
	{name: "kill-nats-leader", what: "SIGKILL to the server that leads CHAT; two go on", target: 12 * second, early: true, three: true, strike: killNATSLeader},
	{name: "kill-postgres", what: "SIGKILL to PostgreSQL for some seconds", target: 10 * second, hold: short, strike: killPostgres},
	{name: "stop-edge", what: "SIGSTOP to an edge", target: 5 * second, hold: long, strike: stopEdge},
	{name: "stop-persister", what: "SIGSTOP to the persister that works: it wakes up as a zombie", target: 10 * second, hold: long, strike: stopPersister},
	{name: "stop-notifier", what: "SIGSTOP to the notifier that works: it wakes up as a zombie", target: 10 * second, hold: long, strike: stopNotifier},
	{name: "stop-nats", what: "SIGSTOP to any NATS server", target: 12 * second, hold: long, strike: stopNATS},
	{name: "restart-edge", what: "SIGTERM to an edge; it starts again", target: 5 * second, strike: restartEdge},
	{name: "restart-persister", what: "SIGTERM to a persister; it starts again", target: 10 * second, strike: restartPersister},
	{name: "restart-notifier", what: "SIGTERM to a notifier; it starts again", target: 10 * second, strike: restartNotifier},
	{name: "restart-nats", what: "SIGTERM to a NATS server; it starts again", target: 12 * second, strike: restartNATS},
	{name: "roll-edges", what: "SIGTERM to one edge after the other", target: 5 * second, strike: rollEdges},
	{name: "lock-postgres", what: "somebody locks the projected tables or those of the accounts", target: 10 * second, hold: long, strike: lockPostgres},
	{name: "freeze-postgres", what: "SIGSTOP to PostgreSQL", target: 10 * second, hold: long, strike: freezePostgres},
	{name: "postgres-connections", what: "somebody else takes all of PostgreSQL's connections", target: 10 * second, hold: short, strike: takeConnections},
	{name: "partition-nats", what: "one NATS server is cut off from the others, one way or both", target: 15 * second, hold: long, network: true, three: true, strike: partitionNATS},
	{name: "partition-edge", what: "an edge is cut off from NATS, PostgreSQL or its clients, one way or both", target: 15 * second, hold: long, network: true, strike: partitionEdge},
	{name: "partition-worker", what: "the worker that works is cut off from NATS or PostgreSQL, one way or both", target: 15 * second, hold: long, network: true, strike: partitionWorker},
	{name: "drop-pushes", what: "a twentieth to a third of all live pushes to the edges are dropped", target: 5 * second, hold: short, strike: dropPushes},
	{name: "delete-consumer", what: "a worker's durable consumer is deleted", target: 10 * second, strike: deleteConsumer},
	{name: "stepdown-leader", what: "the leader of a stream steps down", target: 10 * second, three: true, strike: stepDownLeader},
	{name: "corrupt-events", what: "what is no event is put into CHAT", target: 2 * second, strike: corruptEvents},
	{name: "cut-sockets", what: "all connections of clients are reset at once", target: 10 * second, strike: cutSockets},
	{name: "storm-of-duplicates", what: "everybody sends everything five times over several edges", target: 2 * second, hold: short, strike: stormOfDuplicates},
}

func faultNamed(name string) (fault, error) {
	for _, f := range faults {
		if f.name == name {
			return f, nil
		}
	}
	return fault{}, fmt.Errorf("there is no fault %q: -list shows them", name)
}

func listFaults(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range faults {
		needs := ""
		if f.network {
			needs = "(root)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.name, f.what, needs)
	}
	w.Flush()
}

package notifier

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/jetstream"
)

// silence is how long no pull may succeed before the notifier is not ready.
// Pulls succeed every 2 s, on standby too; a batch in hand may take a while.
const silence = 10 * time.Second

// restWithin bounds writing the cursor while nothing else is to be done.
const restWithin = 2 * time.Second

// Options are what a notifier works with. cmd connects it.
type Options struct {
	Log     *jetstream.Log
	People  People
	Logger  *slog.Logger
	Metrics prometheus.Registerer
}

// Notifier is one instance of the role. Any number run side by side; one is
// active, the others stand by.
type Notifier struct {
	log    *jetstream.Log
	logger *slog.Logger
	worker *Worker
	pulled atomic.Int64 // when a pull last succeeded, in nanoseconds
}

// New returns a notifier that works once Run runs.
func New(o Options) *Notifier {
	return &Notifier{log: o.Log, logger: o.Logger, worker: NewWorker(o.Log, o.People, o.Logger, o.Metrics)}
}

// gatherTime is by how much a notification may come later, so that those of many
// messages go out together.
const gatherTime = 10 * time.Millisecond

// Run works until ctx ends, then finishes the batch in hand.
func (n *Notifier) Run(ctx context.Context) error {
	err := n.log.Work(ctx, jetstream.WorkOptions{Consumer: jetstream.NotifierChat, Gather: gatherTime, Pulled: n.afterPull}, n.worker)
	n.rest(n.worker.Rest)
	return err
}

// afterPull is called after every pull, also while a batch is in hand. When
// nothing came since the last time, the cursor is brought up to date.
func (n *Notifier) afterPull() {
	n.pulled.Store(time.Now().UnixNano())
	n.rest(n.worker.Idle)
}

// rest may fail: then a little is read again.
func (n *Notifier) rest(write func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), restWithin)
	defer cancel()
	if err := write(ctx); err != nil {
		n.logger.Debug("could not write the cursor while idle", "error", err)
	}
}

// Ready returns nil while the notifier reads the log or stands by.
func (n *Notifier) Ready(context.Context) error {
	if err := n.log.Ready(); err != nil {
		return err
	}
	if time.Since(time.Unix(0, n.pulled.Load())) > silence {
		return errors.New("the log has not answered a pull lately")
	}
	return nil
}

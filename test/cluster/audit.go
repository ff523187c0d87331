package cluster

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/natter-chat/natter/audit"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/sql"
)

// Audit is what package audit found, with what tests ask of the log besides.
type Audit struct {
	*audit.Report
	Chat []events.Entry
	Dead []DeadLetter

	byID map[string]events.Entry // CHAT by event id; of two, the first
}

// DeadLetter is what the tables say of an entry that could not be applied.
type DeadLetter struct {
	Consumer, Stream, Seq, Reason string
}

// Since makes the audits that follow look only at what the log holds from now
// on, or at everything again.
func (c *Cluster) Since(now bool) error {
	c.base = map[events.Stream]uint64{}
	for _, s := range events.Streams {
		if !now {
			continue
		}
		last, err := c.Last(s)
		if err != nil {
			return err
		}
		c.base[s] = last
	}
	return nil
}

// Audit waits until the workers have caught up, at most so long, and compares
// the log with the tables and with what the notifier owed. An error means that
// the comparison itself could not be made.
func (c *Cluster) Audit(within time.Duration) (*Audit, error) {
	if err := poll(within, c.caughtUp); err != nil {
		return nil, err
	}
	a := &Audit{byID: map[string]events.Entry{}}
	if err := errors.Join(c.compare(a), a.deadLetters(c), a.chat(c)); err != nil {
		return nil, err
	}
	return a, nil
}

// compareWithin bounds the comparison itself.
const compareWithin = 5 * time.Minute

// compare does not wait for the notifier's cursor, which comes some seconds
// after the deed: all that CHAT obliges to is expected now.
func (c *Cluster) compare(a *Audit) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), compareWithin)
	defer cancel()
	db, err := sql.Open(ctx, c.Postgres.URL(), quiet(), nil)
	if err != nil {
		return err
	}
	defer db.Close()
	return c.withLog(func(_ context.Context, l *jetstream.Log) error {
		a.Report, err = audit.Run(ctx, audit.Options{Log: l, DB: db, After: c.base, Twice: c.PutTwice, Told: true, Limit: 20})
		return err
	})
}

// caughtUp returns nil when the persister's offsets stand at the ends of the
// streams, and the outbox is empty.
func (c *Cluster) caughtUp() error {
	rows, err := c.Postgres.Query("SELECT consumer, seq FROM offsets UNION ALL SELECT 'outbox', count(*) FROM outbox")
	if err != nil {
		return err
	}
	stands := map[string]string{}
	for _, row := range rows {
		stands[row[0]] = row[1]
	}
	for consumer, stream := range folds {
		last, err := c.Last(stream)
		if err != nil {
			return err
		}
		if stands[consumer] != fmt.Sprint(last) && !c.nothingAfter(stream, stands[consumer]) {
			return fmt.Errorf("%s stands at %q, its stream at %d", consumer, stands[consumer], last)
		}
	}
	if stands["outbox"] != "0" {
		return fmt.Errorf("%s events wait in the outbox", stands["outbox"])
	}
	return nil
}

// nothingAfter reports whether a stream holds nothing after an offset: its last
// entries were erased.
func (c *Cluster) nothingAfter(s events.Stream, offset string) bool {
	seq, err := strconv.ParseUint(offset, 10, 64)
	if err != nil {
		return false
	}
	left, err := c.EntriesAfter(s, seq)
	return err == nil && len(left) == 0
}

// folds are the consumers whose offsets the tables hold.
var folds = map[string]events.Stream{"persister-chat": events.Chat, "persister-reads": events.Reads, "persister-notify": events.Notify,
	"persister-audit": events.Audit, "persister-search": events.Chat}

func (a *Audit) deadLetters(c *Cluster) error {
	rows, err := c.Postgres.Query("SELECT consumer, stream, seq, reason FROM dead_letters ORDER BY seq, consumer")
	for _, row := range rows {
		a.Dead = append(a.Dead, DeadLetter{row[0], row[1], row[2], row[3]})
	}
	return err
}

func (a *Audit) chat(c *Cluster) (err error) {
	a.Chat, err = c.EntriesAfter(events.Chat, c.base[events.Chat])
	for _, e := range a.Chat {
		ev, bad := e.Event()
		if _, twice := a.byID[ev.ID]; bad == nil && !twice {
			a.byID[ev.ID] = e
		}
	}
	return err
}

// Find returns the entry of an event of CHAT.
func (a *Audit) Find(id string) (events.Entry, bool) {
	e, ok := a.byID[id]
	return e, ok
}

package cluster

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/natter-chat/natter/events"
)

// Audit is the log and the tables, compared. Wrong lists every difference.
type Audit struct {
	Chat   []events.Entry
	Notify []events.Entry
	Dead   []DeadLetter
	Wrong  []string

	byID map[string]events.Entry // CHAT by event id
	dead map[string]bool         // consumer and sequence of the dead letters
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
	if err := a.deadLetters(c); err != nil {
		return nil, err
	}
	for _, compare := range []func(*Cluster) error{a.chat, a.reads, a.notifications, a.owed} {
		if err := compare(c); err != nil {
			return nil, err
		}
	}
	return a, nil
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
		if stands[consumer] != fmt.Sprint(last) {
			return fmt.Errorf("%s stands at %q, its stream at %d", consumer, stands[consumer], last)
		}
	}
	if stands["outbox"] != "0" {
		return fmt.Errorf("%s events wait in the outbox", stands["outbox"])
	}
	return nil
}

// folds are the consumers whose offsets the tables hold.
var folds = map[string]events.Stream{"persister-chat": events.Chat, "persister-reads": events.Reads, "persister-notify": events.Notify}

func (a *Audit) wrong(format string, args ...any) {
	if len(a.Wrong) < 20 {
		a.Wrong = append(a.Wrong, fmt.Sprintf(format, args...))
	}
}

func (a *Audit) deadLetters(c *Cluster) error {
	rows, err := c.Postgres.Query("SELECT consumer, stream, seq, reason FROM dead_letters ORDER BY seq, consumer")
	a.dead = map[string]bool{}
	for _, row := range rows {
		a.Dead = append(a.Dead, DeadLetter{row[0], row[1], row[2], row[3]})
		a.dead[row[0]+" "+row[2]] = true
	}
	return err
}

// buried reports whether a consumer could not apply an entry.
func (a *Audit) buried(consumer string, seq uint64) bool {
	return a.dead[fmt.Sprint(consumer, " ", seq)]
}

// chat compares CHAT with its rows: dead letters ∪ rows = log, nothing twice.
func (a *Audit) chat(c *Cluster) (err error) {
	if a.Chat, err = c.EntriesAfter(events.Chat, c.base[events.Chat]); err != nil {
		return err
	}
	rows, err := c.Postgres.Query(fmt.Sprintf("SELECT seq, room_id, id, md5(envelope) FROM events WHERE seq > %d", c.base[events.Chat]))
	if err != nil {
		return err
	}
	have := keyed(rows)
	for _, e := range a.Chat {
		row, stored := have[fmt.Sprint(e.Seq)]
		delete(have, fmt.Sprint(e.Seq))
		if a.buried("persister-chat", e.Seq) {
			if stored {
				a.wrong("CHAT %d is buried and stored", e.Seq)
			}
			continue
		}
		ev, err := e.Event()
		if err != nil {
			a.wrong("CHAT %d is neither decodable nor buried", e.Seq)
			continue
		}
		if first, twice := a.byID[ev.ID]; twice && c.PutTwice[ev.ID] {
			if stored {
				a.wrong("event %s has two rows, %d and %d", ev.ID, first.Seq, e.Seq)
			}
			continue
		} else if twice {
			a.wrong("event %s is in the log twice, as %d and %d", ev.ID, first.Seq, e.Seq)
			continue
		}
		a.byID[ev.ID] = e
		if want := []string{fmt.Sprint(e.Seq), ev.Scope, ev.ID, hash(e.Body)}; !stored || !slices.Equal(row, want) {
			a.wrong("CHAT %d (%s %s) is stored as %q, want %q", e.Seq, ev.Type, ev.ID, row, want)
		}
	}
	for seq := range have {
		a.wrong("the row %s is not in the log", seq)
	}
	return nil
}

// reads compares READS with the markers.
func (a *Audit) reads(c *Cluster) error {
	log, err := c.Entries(events.Reads)
	if err != nil {
		return err
	}
	want := map[string]uint64{}
	for _, e := range log {
		ev, err := e.Event()
		if err != nil || a.buried("persister-reads", e.Seq) {
			continue
		}
		data, err := events.DataOf[events.ReadMarkedData](ev)
		if err != nil {
			continue
		}
		key := ev.Scope + " " + ev.Actor.ID
		want[key] = max(want[key], data.Seq)
	}
	rows, err := c.Postgres.Query("SELECT room_id || ' ' || user_id, seq FROM read_markers")
	if err != nil {
		return err
	}
	for _, row := range rows {
		if fmt.Sprint(want[row[0]]) != row[1] {
			a.wrong("the marker %s stands at %s, the log says %d", row[0], row[1], want[row[0]])
		}
		delete(want, row[0])
	}
	for key, seq := range want {
		a.wrong("the marker %s at %d is not stored", key, seq)
	}
	return nil
}

func keyed(rows [][]string) map[string][]string {
	m := map[string][]string{}
	for _, row := range rows {
		m[row[0]] = row
	}
	return m
}

func hash(body []byte) string {
	sum := md5.Sum(body) // what PostgreSQL can compute, too
	return hex.EncodeToString(sum[:])
}

// Err returns all differences as one error.
func (a *Audit) Err() error {
	if len(a.Wrong) == 0 {
		return nil
	}
	return fmt.Errorf("the audit found:\n  %s", strings.Join(a.Wrong, "\n  "))
}

// Find returns the entry of an event of CHAT.
func (a *Audit) Find(id string) (events.Entry, bool) {
	e, ok := a.byID[id]
	return e, ok
}

package audit

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

func (w *world) person(name string) events.Person {
	w.Helper()
	s, subjects, err := w.db.SignUp(w.ctx, chat.NewAccount{Name: name, PasswordHash: "hash of " + name}, chat.Device{})
	w.must(err)
	for _, subject := range subjects {
		w.publishes(subject, nil)
	}
	return s.User
}

// publishes does what an edge does after a command.
func (w *world) publishes(subject string, err error) {
	w.Helper()
	w.must(err)
	w.must(w.db.FlushOutbox(w.ctx, subject, w.log.PublishOnce))
}

func (w *world) publish(ev events.Event) uint64 {
	w.Helper()
	seq, _, err := w.log.Publish(w.ctx, ev)
	w.must(err)
	return seq
}

// again puts an event into the log a second time, when the broker has
// forgotten it.
func (w *world) again(ev events.Event) (seq uint64) {
	w.Helper()
	testenv.Eventually(w, func() error {
		at, duplicate, err := w.log.Publish(w.ctx, ev)
		if duplicate {
			err = errors.New("the broker still remembers the event")
		}
		seq = at
		return err
	})
	return seq
}

func (w *world) message(text string, mentions ...events.Person) events.Event {
	key := chat.NewID()
	return events.New(events.MessagePosted, chat.MessageID(w.ann.ID, w.room, key), w.room, w.ann, time.Now(),
		events.MessagePostedData{Key: key, Text: text, Mentions: mentions, Room: "tea"})
}

func (w *world) says(text string, mentions ...events.Person) uint64 {
	w.Helper()
	return w.publish(w.message(text, mentions...))
}

func (w *world) direct(text string) {
	w.Helper()
	m, subject, err := w.db.OpenDirect(w.ctx, w.ann, w.ben.Name)
	w.publishes(subject, err)
	w.publish(events.New(events.MessagePosted, chat.NewID(), m.Room.ID, w.ann, time.Now(), events.MessagePostedData{Key: chat.NewID(), Text: text, Direct: &w.ben}))
}

// betrays uses an old refresh token of a new session of ben's.
func (w *world) betrays() (subjects []string) {
	w.Helper()
	s, begun, err := w.db.StartSession(w.ctx, w.ben, chat.Device{})
	w.must(err)
	for _, subject := range begun {
		w.publishes(subject, nil)
	}
	for _, generation := range []uint32{1, 2, 1} {
		_, subjects, err = w.db.RotateSession(w.ctx, s.ID, generation, chat.Device{})
		if (err != nil) != (subjects != nil) {
			w.Fatal(err)
		}
	}
	return subjects
}

// ties has another service's identity tied to an account.
func (w *world) ties() (subjects []string) {
	w.Helper()
	_, begun, err := w.db.SignUp(w.ctx, chat.NewAccount{Name: "cat", Email: "cat@example.org", PasswordHash: "x"}, chat.Device{})
	w.must(err)
	who := chat.Identity{Issuer: "https://id.example.org", Subject: "1", Email: "cat@example.org"}
	_, subjects, err = w.db.SignInElsewhere(w.ctx, who, chat.NewAccount{}, chat.Device{})
	w.must(err)
	return append(begun, subjects...)
}

// noted is an event of AUDIT about ben.
func (w *world) noted(kind string) events.Event {
	return events.New(events.SecurityNoted, chat.NewID(), w.ben.ID, w.ben, time.Now(), events.SecurityNotedData{Kind: kind})
}

// warning is a notification that an event of AUDIT could have caused.
func (w *world) warning(source string) events.Event {
	return events.New(events.Notified, chat.NotificationID(w.ben.ID, source, "security"), w.ben.ID, events.Person{}, time.Now(),
		events.NotifiedData{Kind: "security", Source: source})
}

// notice is a notification that a notifier could have made.
func (w *world) notice(kind, source string, seq uint64) events.Event {
	return events.New(events.Notified, chat.NotificationID(w.ben.ID, source, kind), w.ben.ID, w.ann, time.Now(),
		events.NotifiedData{Kind: kind, Room: w.room, Source: source, Seq: seq})
}

// garbage is an event that nobody can decode.
func garbage(s events.Stream, scope string) events.Event {
	t := map[events.Stream]events.Type{events.Chat: events.MessagePosted, events.Reads: events.ReadMarked, events.Notify: events.Notified, events.Audit: events.SecurityNoted}[s]
	ev := events.New(t, chat.NewID(), scope, events.Person{}, time.Now(), struct{}{})
	ev.Data = json.RawMessage(`["no payload"]`)
	return ev
}

// exec changes the tables behind natter's back.
func (w *world) exec(statement string, args ...any) {
	w.Helper()
	result, err := w.raw.ExecContext(w.ctx, statement, args...)
	w.must(err)
	if n, _ := result.RowsAffected(); n == 0 && statement[0] != 'A' { // ALTER affects none
		w.Fatalf("%s changed nothing", statement)
	}
}

// standAtTheEnds moves the offsets, as a persister does that finds nothing to
// fold.
func (w *world) standAtTheEnds() {
	w.Helper()
	for s, consumer := range consumers {
		state, err := w.log.State(w.ctx, s)
		w.must(err)
		w.exec("UPDATE offsets SET seq = $1 WHERE consumer = $2", int64(state.Last), consumer)
	}
}

func (w *world) audit() *Report {
	w.Helper()
	return w.auditWith(Options{Told: true})
}

func (w *world) auditWith(o Options) *Report {
	w.Helper()
	o.Log, o.DB = w.log, w.db
	report, err := Run(w.ctx, o)
	w.must(err)
	return report
}

var errOnItsWay = errors.New("something is on its way")

// settled waits until nothing is on its way.
func (w *world) settled() {
	w.Helper()
	testenv.Eventually(w, func() error {
		report, err := Run(w.ctx, Options{Log: w.log, DB: w.db, Told: true})
		if err == nil && !report.Settled() {
			err = errOnItsWay
		}
		if err == nil {
			err = report.Err()
		}
		return err
	})
}

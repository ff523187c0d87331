package notifier_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/jetstream"
)

var ada, bob, cleo = person("ada"), person("bob"), person("cleo")

func TestPeopleAreToldOnce(t *testing.T) {
	w := newWorld(t, 0)
	n, _ := w.starts("notifier-1")
	w.says(ada, "hello all")
	w.says(ada, "hello @bob and @cleo", bob, cleo)
	w.publish(events.New(events.MemberInvited, chat.NewID(), w.room, ada, time.Now(), events.MemberInvitedData{User: cleo, Room: "Engine room"}))
	w.says(bob, "hello @ada", ada)
	w.gets(ada, "mention: hello @ada")
	w.gets(bob, "mention: hello @bob and @cleo")
	w.gets(cleo, "mention: hello @bob and @cleo", "invitation: ")
	testenv.Eventually(w, func() error { return n.Ready(w.ctx) })
}

func TestAnIdleNotifierLeavesNothingToReadAgain(t *testing.T) {
	w := newWorld(t, 0)
	_, stop := w.starts("notifier-1")
	for range 10 {
		w.says(ada, "for nobody")
	}
	w.standsAt(10)
	entries, _, err := w.log.Read(w.ctx, events.Notify.Subject(events.NotifierCursor), 0, 100)
	w.must(err)
	if len(entries) > 5 {
		t.Errorf("10 entries that cause nothing moved the cursor %d times", len(entries))
	}
	stop()
}

// standsAt waits until the cursor has come to a sequence.
func (w *world) standsAt(seq uint64) {
	w.Helper()
	testenv.Eventually(w, func() error {
		cursor, err := w.log.LoadCursor(w.ctx)
		if err == nil && cursor.Seq != seq {
			err = fmt.Errorf("the cursor stands at %d, want %d", cursor.Seq, seq)
		}
		return err
	})
}

// killer stands for a process that dies between its commit and its ack: the
// entries come again, and what they caused is in NOTIFY already.
type killer struct {
	jetstream.Worker
	die func()
}

var errKilled = errors.New("killed")

func (k killer) Apply(ctx context.Context, b events.Batch) error {
	if err := k.Worker.Apply(ctx, b); err != nil {
		return err
	}
	k.die()
	return errKilled
}

// dies runs a notifier that is killed after its first batch.
func (w *world) dies(name string) {
	w.Helper()
	log := w.connect(name)
	w.must(log.Check(w.ctx))
	ctx, cancel := context.WithCancel(w.ctx)
	_ = log.Work(ctx, jetstream.WorkOptions{Consumer: jetstream.NotifierChat}, killer{w.worker(log), cancel})
	log.Close()
}

func TestANotifierThatDiesBeforeItsAckTellsNobodyTwice(t *testing.T) {
	w := newWorld(t, 0)
	var want []string
	say := func(n int) {
		for range n {
			text := fmt.Sprintf("line %d for @bob", len(want))
			w.says(ada, text, bob)
			want = append(want, "mention: "+text)
		}
	}
	say(20)
	for try := range 2 {
		w.dies(fmt.Sprintf("killed-%d", try))
		if len(w.notifications(bob)) == 0 {
			t.Fatal("the fault did not hit: nothing was committed before the death")
		}
		say(20)
	}
	w.starts("notifier-1")
	w.gets(bob, want...)
	w.says(ada, "last, for @cleo", cleo)
	w.gets(cleo, "mention: last, for @cleo")
	w.gets(bob, want...)
}

func TestANotifierThatWasDownForLongerThanTheDuplicateWindowTellsNobodyTwice(t *testing.T) {
	w := newWorld(t, 300*time.Millisecond)
	w.says(ada, "first, for @bob", bob)
	w.dies("killed") // after its commit, before its ack: the entry comes again
	w.gets(bob, "mention: first, for @bob")
	w.says(ada, "second, for @bob", bob)
	w.outlives() // from here on, nothing but the cursor knows what was told
	w.starts("notifier-2")
	w.says(ada, "third, for @bob", bob)
	w.gets(bob, "mention: first, for @bob", "mention: second, for @bob", "mention: third, for @bob")
}

func TestOfTwoThatBelieveToBeActiveOneTells(t *testing.T) {
	w := newWorld(t, 100*time.Millisecond)
	active, zombie := w.worker(w.log), w.worker(w.log)
	w.says(ada, "for @bob", bob)
	batch := w.batch()
	for _, worker := range []jetstream.Worker{active, zombie} {
		_, err := worker.Offset(w.ctx, events.Chat, batch.Incarnation)
		w.must(err)
	}
	w.must(active.Apply(w.ctx, batch))
	w.outlives() // so that message ids cannot help
	if err := zombie.Apply(w.ctx, batch); !errors.Is(err, jetstream.ErrFenced) {
		t.Errorf("the zombie's batch: %v", err)
	}
	burial := events.Burial{Stream: events.Chat, Incarnation: batch.Incarnation, Entry: batch.Entries[0]}
	if err := zombie.Bury(w.ctx, burial); !errors.Is(err, jetstream.ErrFenced) {
		t.Errorf("the zombie's burial: %v", err)
	}
	w.gets(bob, "mention: for @bob")
	if offset, err := zombie.Offset(w.ctx, events.Chat, batch.Incarnation); err != nil || offset != batch.To {
		t.Errorf("the zombie starts over at %d, %v; want %d", offset, err, batch.To)
	}
}

// batch returns all of CHAT as one batch.
func (w *world) batch() events.Batch {
	w.Helper()
	entries, _, err := w.log.Read(w.ctx, events.Chat.Subject(w.room), 0, 1000)
	w.must(err)
	return events.Batch{Stream: events.Chat, Incarnation: w.log.Incarnation(events.Chat), To: entries[len(entries)-1].Seq, Entries: entries}
}

func TestABatchLargerThanAnAtomicOneIsTornBetweenEntriesOnly(t *testing.T) {
	w := newWorld(t, 0)
	crowd := make([]events.Person, chat.MaxMentions)
	for i := range crowd {
		crowd[i] = person(fmt.Sprint("p", i))
	}
	var want []string
	for i := range 40 { // 2 000 notifications
		w.says(ada, fmt.Sprint("line ", i), crowd...)
		want = append(want, fmt.Sprint("mention: line ", i))
	}
	w.works(w.log, w.worker(w.log))
	for _, who := range crowd {
		w.gets(who, want...)
	}
	entries, _, err := w.log.Read(w.ctx, events.Notify.Subject(events.NotifierCursor), 0, 100)
	w.must(err)
	if len(entries) < 3 {
		t.Errorf("2 000 notifications went with %d moves of the cursor", len(entries))
	}
}

func TestTheSameEventTwiceInTheLogTellsOnceAndStopsNobody(t *testing.T) {
	w := newWorld(t, 2*time.Second)
	twice := w.says(ada, "for @bob", bob)
	w.outlives()
	if first, second := w.batch().Entries[0].Seq, w.publish(twice); first == second {
		t.Fatal("the broker still knew the id: the log holds the event once")
	}
	w.says(ada, "for @cleo", cleo)
	w.works(w.log, w.worker(w.log))
	w.gets(cleo, "mention: for @cleo")
	w.gets(bob, "mention: for @bob")
}

func TestWhatCannotBeUnderstoodGoesToTheDeadLettersAndTheRestGoesOn(t *testing.T) {
	w := newWorld(t, 0)
	w.starts("notifier-1")
	w.says(ada, "before, for @bob", bob)
	bad := map[string]uint64{} // part of the reason → sequence
	shapeless := events.New(events.MessagePosted, chat.NewID(), w.room, ada, time.Now(), []int{1})
	bad["undecodable"] = w.publish(shapeless)
	nobody := events.New(events.MessagePosted, chat.NewID(), w.room, ada, time.Now(),
		events.MessagePostedData{Text: "x", Mentions: []events.Person{{ID: "*"}}})
	bad["no person's id"] = w.publish(nobody)
	future := events.New(events.MessagePosted, chat.NewID(), w.room, ada, time.Now(), []int{1})
	future.Version = events.Version + 1 // carried through
	w.publish(future)
	start := time.Now()
	w.says(ada, "after, for @bob", bob)
	w.gets(bob, "mention: before, for @bob", "mention: after, for @bob")
	if took := time.Since(start); took > 5*time.Second { // test/deadletter_test.go holds it to 2 s
		t.Errorf("what follows was told after %s", took)
	}
	letters, _, err := w.log.Read(w.ctx, "dead."+string(jetstream.NotifierChat), 0, 100)
	w.must(err)
	if len(letters) != len(bad) {
		t.Fatalf("%d dead letters, want %d", len(letters), len(bad))
	}
	for _, e := range letters {
		var letter jetstream.DeadLetter
		w.must(json.Unmarshal(e.Body, &letter))
		for reason, seq := range bad {
			if letter.Seq == seq && !strings.Contains(letter.Reason, reason) {
				t.Errorf("the dead letter of %d says %q, want %q", seq, letter.Reason, reason)
			}
		}
	}
}

func TestWhoDoesNotWantToHearIsToldNothingAndWhoWantsAllIsToldAll(t *testing.T) {
	w := newWorld(t, 0)
	w.people.sets(func() {
		w.people.levels[bob.ID], w.people.levels[cleo.ID] = chat.LevelNone, chat.LevelAll
	})
	w.starts("notifier-1")
	w.says(ada, "hello all")
	w.says(ada, "hello @bob and @cleo", bob, cleo)
	w.gets(cleo, "message: hello all", "mention: hello @bob and @cleo")
	w.gets(bob)
}

// The notifier was down; what was read meanwhile is old when it comes back.
func TestWhatWasReadWhenItWouldGoOutIsNotSent(t *testing.T) {
	w := newWorld(t, 0)
	w.says(ada, "read, for @bob", bob)
	w.people.sets(func() { w.people.read[bob.ID] = w.batch().To })
	w.says(ada, "unread, for @bob", bob)
	w.starts("notifier-1")
	w.gets(bob, "mention: unread, for @bob")
}

func TestWhileNobodyKnowsWhoIsThereTheNotifierWaitsAndThenCatchesUp(t *testing.T) {
	w := newWorld(t, 0)
	w.people.sets(func() { w.people.down = true })
	w.starts("notifier-1")
	w.says(ada, "first, for @bob", bob)
	w.says(ada, "second, for @bob", bob)
	testenv.Eventually(w, func() error {
		if asked := w.people.asked(); asked < 2 {
			return fmt.Errorf("it has asked %d times", asked)
		}
		return nil
	})
	w.gets(bob)
	w.people.sets(func() { w.people.down = false })
	w.gets(bob, "mention: first, for @bob", "mention: second, for @bob")
	letters, _, err := w.log.Read(w.ctx, "dead."+string(jetstream.NotifierChat), 0, 100)
	if err != nil || len(letters) > 0 {
		t.Errorf("%d dead letters, %v", len(letters), err)
	}
}

// What is decided is decided: who mutes the room between the commit and the ack
// of a batch has been told, once; who mutes it before the commit is not told.
func TestADecisionIsTakenOnce(t *testing.T) {
	w := newWorld(t, 0)
	w.says(ada, "for @bob and @cleo", bob, cleo)
	w.dies("killed") // after its commit, before its ack: the entry comes again
	w.people.sets(func() {
		w.people.levels[bob.ID] = chat.LevelNone
		w.people.levels[cleo.ID] = chat.LevelAll
	})
	w.starts("notifier-2")
	w.says(ada, "again for @bob and @cleo", bob, cleo)
	w.gets(cleo, "mention: for @bob and @cleo", "mention: again for @bob and @cleo")
	w.gets(bob, "mention: for @bob and @cleo")
}

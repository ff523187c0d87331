package jetstream

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/internal/testenv"
)

// logged is an event with its place in the log.
type logged struct {
	events.Event
	seq uint64
}

func (e logged) erasure() Erasure { return Erasure{e.seq, e.Subject(), e.ID} }

func say(t *testing.T, l *Log, room, text string) logged {
	t.Helper()
	ev := post(room, text)
	return logged{ev, publish(t, l, ev)}
}

func erase(t *testing.T, l *Log, e logged) {
	t.Helper()
	if erased, err := l.Erase(t.Context(), events.Chat, e.erasure()); err != nil || !erased {
		t.Fatalf("erase %d: %v, %v", e.seq, erased, err)
	}
}

// onDisk reports whether the files of a server's streams hold the text. The log
// by which servers agree holds it for some minutes longer.
func onDisk(t *testing.T, dir, text string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "$SYS") {
			return err
		}
		body, err := os.ReadFile(path)
		found = found || bytes.Contains(body, []byte(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestWhatIsErasedIsGoneFromTheLogAndFromTheDisk(t *testing.T) {
	o := local.NATSOptions{Dir: t.TempDir()}
	server := testenv.StartNATS(t, o)
	l := connect(t, server.URL(), server.MonitorURL())
	if err := l.Setup(t.Context(), SetupOptions{ChatBytes: 64 << 20}); err != nil {
		t.Fatal(err)
	}
	room := chat.NewID()
	first, secret, last := say(t, l, room, "first"), say(t, l, room, "a-secret-of-mine"), say(t, l, room, "last")
	if !onDisk(t, o.Dir, "a-secret-of-mine") {
		t.Fatal("the text is not on the disk in clear: this shows nothing")
	}
	for range 3 { // again is no error
		erase(t, l, secret)
	}
	if onDisk(t, o.Dir, "a-secret-of-mine") {
		t.Error("the text is still on the disk")
	}
	if _, err := l.Get(t.Context(), events.Chat, secret.seq); chat.CodeOf(err) != chat.NotFound {
		t.Errorf("the entry is there: %v", err)
	}
	entries, more, err := l.Read(t.Context(), first.Subject(), 0, 10)
	if err != nil || more || !slices.Equal(texts(t, entries), []string{"first", "last"}) || entries[1].Prev != first.seq {
		t.Errorf("read %v, %v, %v", entries, more, err)
	}
	erase(t, l, last)
	entries, err = l.Last(t.Context(), []string{first.Subject()}, 0)
	if err != nil || len(entries) != 1 || entries[0].Seq != first.seq {
		t.Errorf("the newest are %v, %v", entries, err)
	}
	entries, err = l.ReadBack(t.Context(), first.Subject(), 0, 0, 10)
	if err != nil || !slices.Equal(texts(t, entries), []string{"first"}) {
		t.Errorf("read back %v, %v", entries, err)
	}
	erase(t, l, first)
	state, err := l.State(t.Context(), events.Chat)
	if err != nil || state != (State{First: last.seq + 1, Last: last.seq}) {
		t.Errorf("a stream that is empty now says %+v, %v", state, err)
	}
	if next := say(t, l, room, "next"); next.seq != last.seq+1 {
		t.Errorf("the next entry is %d after %d", next.seq, last.seq)
	}
}

// Without the look at what it erases, another's message is gone.
func TestAnotherEventThanIsNamedIsNotErased(t *testing.T) {
	l := newLog(t)
	theirs, mine := say(t, l, chat.NewID(), "theirs"), say(t, l, chat.NewID(), "mine")
	for _, wrong := range []Erasure{
		{theirs.seq, mine.Subject(), theirs.ID},
		{theirs.seq, theirs.Subject(), mine.ID},
		{theirs.seq, mine.Subject(), mine.ID},
	} {
		if erased, err := l.Erase(t.Context(), events.Chat, wrong); erased || err != nil {
			t.Errorf("%+v: %v, %v", wrong, erased, err)
		}
	}
	if _, err := l.Get(t.Context(), events.Chat, theirs.seq); err != nil {
		t.Error(err)
	}
}

// deafTo makes the feed's subscription of a subject go through a filter.
func deafTo(t *testing.T, l *Log, f *Feed, subject string, lost func(seq uint64) bool) {
	t.Helper()
	s := f.shardOf(subject)
	filtered := make(chan *nats.Msg, 4096)
	s.do(func() {
		s.topics[subject].sub.Unsubscribe()
		sub, err := l.live.ChanSubscribe("live."+subject, filtered)
		if err != nil {
			t.Error(err)
		}
		s.topics[subject].sub = sub
	})
	if err := l.live.Flush(); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	go func() {
		for {
			select {
			case msg := <-filtered:
				if !lost(number(last(msg.Header, "Nats-Sequence"))) {
					s.live <- msg
				}
			case <-ctx.Done():
				return
			}
		}
	}()
}

// Without wasErased, the hole is a reset; with the server's word for what came
// before, clients would see a hole.
func TestAHoleWhoseEntryWasErasedIsNoHole(t *testing.T) {
	l := newLog(t)
	f := l.NewFeed(events.Chat, FeedOptions{Check: time.Hour}) // nothing but what arrives shows the hole
	done := make(chan struct{})
	ctx := t.Context()
	go func() { defer close(done); f.Run(ctx) }()
	t.Cleanup(func() { <-done })
	room := chat.NewID()
	subject := events.Chat.Subject(room)
	r := open(t, f, subject)
	before := say(t, l, room, "before")
	testenv.Until(t, "the first arrives", func() bool { return r.count() == 1 })
	hold := make(chan struct{})
	deafTo(t, l, f, subject, func(seq uint64) bool {
		if seq == before.seq+3 {
			<-hold
		}
		return seq == before.seq+1 || seq == before.seq+2
	})
	gone, kept, after := say(t, l, room, "gone"), say(t, l, room, "gone, too"), say(t, l, room, "after")
	erase(t, l, gone)
	erase(t, l, kept)
	began := time.Now()
	close(hold)
	testenv.Until(t, "what follows arrives", func() bool { return r.count() == 2 })
	if took := time.Since(began); took >= fillRetries*50*time.Millisecond {
		t.Errorf("it took %s", took)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.resets != 0 || r.got[1].Seq != after.seq || r.got[1].Prev != before.seq {
		t.Errorf("%d resets; %+v follows", r.resets, r.got[1])
	}
}

// What waits for the rest of the log to be looked at is not kept waiting by what
// is not there.
func TestAHoleAtTheEndWhoseEntryWasErasedHoldsNothingUp(t *testing.T) {
	l := newLog(t)
	f := runFeed(t, l, events.Chat)
	room := chat.NewID()
	subject := events.Chat.Subject(room)
	r := open(t, f, subject)
	gone := say(t, l, room, "gone")
	testenv.Until(t, "it arrives", func() bool { return r.count() == 1 })
	erase(t, l, gone)
	s, least := f.shardOf(subject), time.Hour
	for range 5 { // the machine may be busy with something else
		began := time.Now()
		s.do(func() { // as if a check had seen the next one, which was erased before it was read
			topic := s.topics[subject]
			topic.last, topic.want = gone.seq-1, gone.seq+1
			s.settle(topic)
		})
		for filling := true; filling; {
			s.do(func() { filling = s.topics[subject].filling })
		}
		least = min(least, time.Since(began))
	}
	if least >= fillRetries*50*time.Millisecond {
		t.Errorf("it took %s at least", least)
	}
}

// Without another anchor, the check is void while the stream's last entry is an
// erased one.
func TestALostEventIsFoundThoughTheStreamsLastWasErased(t *testing.T) {
	l := newLog(t)
	f := runFeed(t, l, events.Chat)
	room := chat.NewID()
	r := open(t, f, events.Chat.Subject(room))
	deafTo(t, l, f, events.Chat.Subject(room), func(uint64) bool { return true })
	testenv.Until(t, "all is checked", f.Hearing)
	other := chat.NewID()
	f.shardOf(events.Chat.Subject(room)).do(func() {}) // between two checks or not: either must do
	lost, gone := say(t, l, room, "lost"), say(t, l, other, "gone")
	erase(t, l, gone)
	testenv.Until(t, "the lost event is filled", func() bool { return r.count() == 1 && r.got[0].Seq == lost.seq })
}

func TestAWorkerPassesOverWhatWasErasedWithoutWaiting(t *testing.T) {
	l := newLog(t)
	room, w := chat.NewID(), &table{}
	var said []logged
	for i := range 60 {
		said = append(said, say(t, l, room, fmt.Sprint(i)))
	}
	for i, e := range said {
		if i%3 == 1 || i > 56 { // holes, and the end
			erase(t, l, e)
		}
	}
	began := time.Now()
	work(t, l, w)
	testenv.Until(t, "the rest is applied", w.has(38))
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
	for i := range 40 { // work goes on where the log's end was erased
		said = append(said, say(t, l, room, fmt.Sprint(60+i)))
	}
	testenv.Until(t, "work goes on", w.has(78))
	w.mu.Lock()
	defer w.mu.Unlock()
	var want []string
	for i := range said {
		if i > 59 || i%3 != 1 && i <= 56 {
			want = append(want, fmt.Sprint(i))
		}
	}
	if !slices.Equal(w.rows, want) || len(w.buried) > 0 {
		t.Errorf("rows %v, buried %v", w.rows, w.buried)
	}
	if n := testutil.ToFloat64(l.metrics.fenced.WithLabelValues(string(PersisterChat))); n > 0 {
		t.Errorf("%v batches were fenced", n)
	}
}

// What was pulled may be erased before it is applied: it is applied from what
// was pulled, or not at all.
func TestAHaulWhosePartsAreErasedMeanwhileIsApplied(t *testing.T) {
	l := newLog(t)
	room, w := chat.NewID(), &table{}
	var said []logged
	for i := range 20 {
		said = append(said, say(t, l, room, fmt.Sprint(i)))
	}
	all, _, err := l.Read(t.Context(), events.Chat.Subject(room), 0, 20)
	if err != nil {
		t.Fatal(err)
	}
	j := &job{log: l, worker: w, opts: WorkOptions{Consumer: PersisterChat}, stream: events.Chat, logger: l.logger}
	pulled := slices.Concat(all[:5], all[7:])
	for _, i := range []int{2, 5, 6, 18, 19} {
		erase(t, l, said[i])
	}
	if err := j.applyAll(t.Context(), pulled, nil); err != nil {
		t.Fatal(err)
	}
	if w.offset != said[17].seq || len(w.rows) != 15 {
		t.Errorf("applied up to %d: %v", w.offset, w.rows)
	}
}

func TestThreeServersForgetWhatIsErased(t *testing.T) {
	servers, options := testenv.NATSServers(t)
	l := newLogOf(t, servers)
	f := runFeed(t, l, events.Chat)
	room := chat.NewID()
	subject := events.Chat.Subject(room)
	r := open(t, f, subject)
	first, secret := say(t, l, room, "first"), say(t, l, room, "a-secret-of-mine")
	testenv.Until(t, "both arrive", func() bool { return r.count() == 2 })
	erase(t, l, secret)
	erase(t, l, secret)
	entries, more, err := l.Read(t.Context(), subject, 0, 10)
	if err != nil || more || len(entries) != 1 || entries[0].Seq != first.seq {
		t.Errorf("read %v, %v, %v", entries, more, err)
	}
	testenv.Until(t, "no server has the text", func() bool {
		return !slices.ContainsFunc(options, func(o local.NATSOptions) bool { return onDisk(t, o.Dir, "a-secret-of-mine") })
	})
	leader := leaderOf(t, l)
	if err := servers[leader].Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	erase(t, l, first) // between two leaders
	say(t, l, room, "after")
	testenv.Until(t, "what follows arrives", func() bool { return r.count() == 3 })
	if r.resets > 0 {
		t.Errorf("%d resets", r.resets)
	}
	restarts(t, servers[leader])
	for _, o := range options {
		testenv.Until(t, "no server has the text", func() bool { return !onDisk(t, o.Dir, "a-secret-of-mine") })
	}
}

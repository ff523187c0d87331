package test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/client"
)

func TestOneKeyIsOneMessageOverBothEdgesAndAcrossRestarts(t *testing.T) {
	w := town(t)
	alice := w.Person("alice")
	room := alice.Creates("tea")
	r := alice.repeating(room, chat.NewID(), "only once")

	r.Times(40)
	w.Edges[0].Kill()
	w.NATS.Kill()
	whole(t, w.Cluster)
	r.Times(30)
	w.Persisters[0].Kill()
	r.Times(15)
	whole(t, w.Cluster)
	r.Times(15)

	r.IsOneMessage(100)
	r.RefusesAnotherText()
	audit(t, w.Cluster).Has(t, r.first.Message, r.first.Seq)
}

func TestOneKeyIsOneMessageAfterTheBrokerHasForgottenIt(t *testing.T) {
	w := town(t)
	const window = 4 * time.Second
	w.Forgets(window)
	alice := w.Person("alice")
	room := alice.Creates("tea")
	r := alice.repeating(room, keyOf(time.Now().Add(-time.Hour)), "only once")

	w.Persisters[0].Kill() // the log's tail must answer
	r.Times(10)
	pass(t, window+time.Second, "the broker forgets")
	r.Times(30)
	whole(t, w.Cluster)
	audit(t, w.Cluster) // now the tables answer
	r.Times(60)

	r.IsOneMessage(100)
	r.RefusesAnotherText()
	audit(t, w.Cluster).Has(t, r.first.Message, r.first.Seq)
}

// Forgets shortens the broker's memory of message ids until the test's end.
func (w *Town) Forgets(window time.Duration) {
	w.t.Helper()
	if err := w.SetDuplicateWindow(window); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := errors.Join(w.Whole(), w.SetDuplicateWindow(0)); err != nil {
			w.t.Error(err)
		}
	})
}

// repeated is one post, sent again and again.
type repeated struct {
	p               *Person
	room, key, text string
	mu              sync.Mutex
	answers         map[client.Ack]int
	first           client.Ack
	sent            int
}

func (p *Person) repeating(room, key, text string) *repeated {
	return &repeated{p: p, room: room, key: key, text: text, answers: map[client.Ack]int{}}
}

// Times sends the post n times at once, over both edges, over HTTP and the
// socket in turn.
func (r *repeated) Times(n int) {
	r.p.t.Helper()
	var posting sync.WaitGroup
	errs := make(chan error, n)
	urls := r.p.town.urls()
	live := r.p.Live()
	ctx := r.p.ctx()
	for i := range n {
		r.sent++
		posting.Go(func() {
			var ack client.Ack
			err := client.Retry(ctx, func() (err error) {
				if i%3 == 2 {
					ack, err = live.Post(ctx, r.room, r.key, r.text)
				} else {
					ack, err = r.p.At(urls[i%len(urls)]).Post(ctx, r.room, r.key, r.text)
				}
				return err
			})
			if err != nil {
				errs <- err
				return
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			r.answers[ack]++
			r.first = ack
		})
	}
	posting.Wait()
	close(errs)
	for err := range errs {
		r.p.t.Error(err)
	}
}

// IsOneMessage fails unless all answers so far were the same and the room
// holds the text once.
func (r *repeated) IsOneMessage(sent int) {
	r.p.t.Helper()
	if r.sent != sent || len(r.answers) != 1 || r.answers[r.first] != sent {
		r.p.t.Errorf("%d posts were answered %v, want one answer %d times", r.sent, r.answers, sent)
	}
	for _, e := range r.p.town.Edges {
		if got := r.p.On(e).Reads(r.room); !equal(got, []string{r.text}) {
			r.p.t.Errorf("%s holds %q, want %q once", e.Name, got, r.text)
		}
	}
}

// RefusesAnotherText fails unless the key is refused with another body.
func (r *repeated) RefusesAnotherText() {
	r.p.t.Helper()
	for _, url := range r.p.town.urls() {
		_, err := r.p.At(url).Post(r.p.ctx(), r.room, r.key, r.text+"!")
		if statusOf(err) != 422 || codeOf(err) != "key_reused" {
			r.p.t.Errorf("another text under the key: %v, want 422 key_reused", err)
		}
	}
	if _, err := r.p.Live().Post(r.p.ctx(), r.room, r.key, r.text+"!"); codeOf(err) != "key_reused" {
		r.p.t.Errorf("another text under the key, over the socket: %v, want key_reused", err)
	}
}

// keyOf returns a key that was made at a time.
func keyOf(at time.Time) string {
	id := uuid.Must(uuid.NewV7())
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id.String()
}

// pass lets time pass, where what is tested is that time has passed.
func pass(t *testing.T, d time.Duration, why string) {
	t.Helper()
	t.Logf("waiting %s until %s", d, why)
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.Fatal("the test's time is over")
	}
}

package scenario

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

// stirrer plays an edge to which people connect: it says to the others what an
// edge says.
type stirrer struct {
	log    *jetstream.Log
	talk   *jetstream.Talk
	id     string
	n      uint64
	cancel context.CancelFunc
	ended  chan struct{}
}

// stirWord is what edges say about their people.
type stirWord struct {
	N    uint64   `json:"n"`
	Here []string `json:"here,omitempty"`
	Gone []string `json:"gone,omitempty"`
	Bye  bool     `json:"bye,omitzero"`
}

func newStirrer(ctx context.Context, url string) (*stirrer, error) {
	log, err := jetstream.Connect(ctx, jetstream.Options{URL: url, Name: "bench", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	s := &stirrer{log: log, id: chat.NewID(), ended: make(chan struct{})}
	s.talk = log.NewTalk(func(w jetstream.Word) { // asked for the roll, which is empty at the beginning
		_ = w.Answer([]byte(`{"n":0,"parts":1}`))
	})
	s.talk.Follow(events.Roll.Subject(s.id))
	ctx, s.cancel = context.WithCancel(ctx)
	go func() {
		defer close(s.ended)
		_ = s.talk.Run(ctx, func() { s.say(stirWord{N: s.n, Bye: true}) })
	}()
	return s, until(ctx, settleWithin, 10*time.Millisecond, func() (bool, error) { return s.say(stirWord{}) == nil, nil })
}

func (s *stirrer) say(w stirWord) error {
	body, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return s.talk.Say(events.Presence.Subject(s.id), body)
}

// stir lets everybody come and, some time later, go: within d in all.
func (s *stirrer) stir(ctx context.Context, people []string, d time.Duration) {
	stay := min(stayFor, d/2)
	ticker := time.NewTicker(stirEvery)
	defer ticker.Stop()
	for range 2 * time.Second / stirEvery { // a sign of life: the edges ask who is there, and hear that nobody is
		if s.say(stirWord{}) != nil || wait(ctx, time.After(stirEvery)) != nil {
			return
		}
	}
	began := time.Now()
	came, gone := 0, 0
	for gone < len(people) {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		of := func(t time.Duration) int {
			return min(max(int(float64(len(people))*float64(t)/float64(d-stay)), 0), len(people))
		}
		now := time.Since(began)
		w := stirWord{Here: people[came:of(now)], Gone: people[gone:of(now-stay)]}
		came, gone = of(now), of(now-stay)
		if len(w.Here)+len(w.Gone) > 0 {
			s.n++
		}
		w.N = s.n
		if err := s.say(w); err != nil {
			return
		}
	}
}

func (s *stirrer) close() {
	s.cancel()
	<-s.ended
	s.log.Close()
}

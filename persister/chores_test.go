package persister_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/persister"
)

func TestWhatAnEdgeLeftInTheOutboxIsPublishedInItsOrder(t *testing.T) {
	w := newWorld(t)
	session, _, err := w.db.SignUp(w.ctx, chat.NewAccount{Name: "ada"}, chat.Device{})
	w.must(err)
	other, _, err := w.db.SignUp(w.ctx, chat.NewAccount{Name: "bob"}, chat.Device{})
	w.must(err)
	room := chat.NewID()
	_, subject, err := w.db.Create(w.ctx, session.User, chat.NewRoom{ID: room, Kind: chat.Public, Name: "Engine room"})
	w.must(err)
	for range 10 {
		_, _, err := w.db.Join(w.ctx, other.User, room)
		w.must(err)
		_, err = w.db.Leave(w.ctx, other.User, room)
		w.must(err)
	}
	// The edge has died: nobody flushes. Two sweepers find it at once.
	w.starts("persister-1")
	w.starts("persister-2")
	testenv.Eventually(w, func() error {
		if got := len(w.logged(subject)); got < 22 { // created, ada's joining, ten times bob's coming and going
			return fmt.Errorf("%d events in the log", got)
		}
		return nil
	})
	w.applied(w.db)
	rev := uint64(0)
	rows, _ := w.rows(w.db, room)
	for i, row := range rows {
		ev, err := events.Decode([]byte(row.body))
		w.must(err)
		if i == 0 {
			if ev.Type != events.RoomCreated {
				t.Errorf("the room begins with %s", ev.Type)
			}
			continue
		}
		data, err := events.DataOf[events.MemberJoinedData](ev) // rev is the same in member.left
		w.must(err)
		if data.Rev != rev+1 {
			t.Errorf("%s of revision %d follows revision %d", ev.Type, data.Rev, rev)
		}
		rev = data.Rev
	}
	if len(rows) != 22 {
		t.Errorf("%d rows", len(rows))
	}
	left, err := w.db.OutboxSubjects(w.ctx, 0, 10)
	if err != nil || len(left) > 0 {
		t.Errorf("the outbox still holds %v, %v", left, err)
	}
}

func TestAFullStreamKeepsTheSweeperFromNoOther(t *testing.T) {
	w := newWorld(t)
	ada, _, err := w.db.SignUp(w.ctx, chat.NewAccount{Name: "ada"}, chat.Device{})
	w.must(err)
	w.must(w.log.Setup(w.ctx, jetstream.SetupOptions{ChatBytes: 4 << 20}))
	for err == nil { // until nothing more fits into AUDIT
		data := events.SecurityNotedData{Kind: events.NotedTokenMade, Detail: strings.Repeat("x", 10<<10)}
		_, _, err = w.log.Publish(w.ctx, events.New(events.SecurityNoted, chat.NewID(), chat.NewID(), events.Person{}, time.Now(), data))
	}
	if chat.CodeOf(err) != chat.LogFull {
		w.Fatal(err)
	}
	for range 150 {
		_, err := w.db.NoteFailedLogins(w.ctx, chat.NewID(), 1, chat.Device{Name: strings.Repeat("x", 10<<10)})
		w.must(err)
	}
	_, subject, err := w.db.Create(w.ctx, ada.User, chat.NewRoom{ID: chat.NewID(), Kind: chat.Public, Name: "Engine room"})
	w.must(err)
	var said said
	log := w.connect("persister-1")
	w.must(log.Check(w.ctx))
	p := persister.New(persister.Options{Log: log, DB: w.db, Logger: slog.New(slog.NewTextHandler(&said, nil)), Metrics: prometheus.NewRegistry()})
	ctx, stop := context.WithCancel(w.ctx)
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	w.Cleanup(func() { stop(); <-done })
	testenv.Eventually(w, func() error {
		if got := len(w.logged(subject)); got < 2 { // created, and ada's joining
			return fmt.Errorf("%d events in the log", got)
		}
		return nil
	})
	testenv.Eventually(w, func() error {
		if said.most("publish the outbox of audit.") == 0 {
			return errors.New("nobody said that AUDIT is full: this shows nothing")
		}
		return nil
	})
	if n := said.most("publish the outbox of audit."); n > 2 { // as many as are tried at once
		t.Errorf("%d of the full stream's subjects were tried in one round", n)
	}
}

// said is what was logged, a record each.
type said struct {
	mu      sync.Mutex
	records []string
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(s.records, string(b))
	return len(b), nil
}

// most returns how often one record has the text, at most.
func (s *said) most(text string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, record := range s.records {
		n = max(n, strings.Count(record, text))
	}
	return n
}

func TestExpiredTicketsArePruned(t *testing.T) {
	w := newWorld(t)
	session, _, err := w.db.SignUp(w.ctx, chat.NewAccount{Name: "ada"}, chat.Device{})
	w.must(err)
	hash := sha256.Sum256([]byte("ticket"))
	w.must(w.db.SaveTicket(w.ctx, hash[:], chat.Principal{User: session.User, Session: session.ID, Expires: time.Now()}, time.Now().Add(-48*time.Hour)))
	p, _ := w.starts("persister-1")
	testenv.Eventually(w, func() error {
		if n := w.counted(p, "natter_persister_pruned_total"); n != 1 {
			return fmt.Errorf("%v were pruned", n)
		}
		return nil
	})
}

// counted returns a counter of the persister's.
func (w *world) counted(p *persister.Persister, name string) float64 {
	w.Helper()
	families, err := p.Metrics.(*prometheus.Registry).Gather()
	w.must(err)
	for _, family := range families {
		if family.GetName() == name {
			return family.GetMetric()[0].GetCounter().GetValue()
		}
	}
	w.Fatalf("there is no %s", name)
	return 0
}

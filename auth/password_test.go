package auth

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/natter-chat/natter/chat"
)

func newPasswords(t testing.TB, cores, queue int) *Passwords {
	t.Helper()
	p, err := NewPasswords(Here{}, Here{}, cores, queue)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAPasswordMatchesItsOwnHashOnly(t *testing.T) {
	p, ctx := newPasswords(t, 0, 0), t.Context()
	hash, err := p.Hash(ctx, "correct horse")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatal(hash, err)
	}
	if err := p.Check(ctx, "correct horse", hash); err != nil {
		t.Errorf("the right one: %v", err)
	}
	for _, wrong := range []string{"", "Correct horse", strings.Repeat("x", 1<<20)} {
		if err := p.Check(ctx, wrong, hash); !errors.Is(err, &chat.Error{Code: chat.WrongCredentials}) {
			t.Errorf("%.20q: %v", wrong, err)
		}
	}
	if _, err := p.Hash(ctx, "short"); !errors.Is(err, &chat.Error{Code: chat.BadPassword}) {
		t.Errorf("a short one: %v", err)
	}
}

// A name that nobody bears must cost a hash, too: the time would tell. Time
// itself is no good witness on a busy machine.
func TestAnUnknownNameCostsAsMuchAsAWrongPassword(t *testing.T) {
	p, ctx := newPasswords(t, 1, 1), t.Context()
	stored, _ := p.Hash(ctx, "correct horse")
	want, _, _, err := argon2id.DecodeHash(stored)
	if err != nil {
		t.Fatal(err)
	}
	if got, _, _, err := argon2id.DecodeHash(p.dummy); err != nil || *got != *want {
		t.Errorf("a stored hash costs %+v, the dummy %+v, %v", want, got, err)
	}
	if err := p.Check(ctx, "correct horse", ""); !errors.Is(err, &chat.Error{Code: chat.WrongCredentials}) {
		t.Errorf("an unknown name: %v", err)
	}
	p.dummy = "no hash at all"
	if err := p.Check(ctx, "correct horse", ""); err == nil || errors.Is(err, &chat.Error{Code: chat.WrongCredentials}) {
		t.Errorf("the dummy was not computed: %v", err)
	}
}

func TestACoreThatHashedRestsWhileOthersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPasswords(t, 1, 2)
		p.running <- struct{}{}
		done := make(chan struct{})
		go func() { _ = p.Check(t.Context(), "x", ""); close(done) }()
		synctest.Wait() // one waits
		begun := time.Now()
		p.leave(begun.Add(-time.Second)) // after a second of hashing
		<-done
		if rested := time.Since(begun); rested != restFor*time.Second {
			t.Errorf("the core rested for %v", rested)
		}
		p.running <- struct{}{}
		p.leave(time.Now().Add(-time.Second))
		if len(p.running) != 0 {
			t.Error("it rests, and nobody waits")
		}
	})
}

// thereHasher is one whose work shows.
type thereHasher struct {
	Here
	asked int
}

func (h *thereHasher) Matches(context.Context, string, string) (bool, error) {
	h.asked++
	return true, nil
}

// A lone log-in must not wait for all else that a busy machine does.
func TestALowRankComputesOnlyWhileOthersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		there := &thereHasher{}
		p, err := NewPasswords(Here{}, there, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		hash, _ := Here{}.Hash(t.Context(), "correct horse")
		_ = p.Check(t.Context(), "x", hash)
		if there.asked != 0 {
			t.Error("it was asked by somebody alone")
		}
		p.running <- struct{}{}
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { _ = p.Check(t.Context(), "x", hash) })
		}
		synctest.Wait()
		if !errors.Is(p.Full(), &chat.Error{Code: chat.RateLimited}) {
			t.Error("two wait, and there is room")
		}
		<-p.running
		both.Wait()
		if there.asked == 0 || p.Full() != nil {
			t.Errorf("it was asked %d times while others waited; full: %v", there.asked, p.Full())
		}
	})
}

func TestOnlyAFewMayWaitForAPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPasswords(t, 1, 2)
		p.running <- struct{}{} // the only core is busy
		waiting, cancel := context.WithCancel(t.Context())
		results := make(chan error, 2)
		for range 2 {
			go func() { results <- p.Check(waiting, "x", "") }()
		}
		synctest.Wait() // both wait for the core
		if err := p.Full(); !errors.Is(err, &chat.Error{Code: chat.RateLimited}) {
			t.Errorf("both places are taken: %v", err)
		}
		if err := p.Check(t.Context(), "x", ""); !errors.Is(err, &chat.Error{Code: chat.RateLimited}) {
			t.Errorf("the third: %v", err)
		}
		if _, err := p.Hash(t.Context(), "long enough"); !errors.Is(err, &chat.Error{Code: chat.RateLimited}) {
			t.Errorf("the fourth: %v", err)
		}
		cancel()
		for range 2 {
			if err := <-results; !errors.Is(err, &chat.Error{Code: chat.Unavailable}) {
				t.Errorf("one who gave up: %v", err)
			}
		}
		<-p.running
		if err := p.Full(); err != nil {
			t.Errorf("nobody waits: %v", err)
		}
		if err := p.Check(t.Context(), "x", ""); !errors.Is(err, &chat.Error{Code: chat.WrongCredentials}) {
			t.Errorf("afterwards: %v", err)
		}
	})
}

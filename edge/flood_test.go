package edge

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// asked counts what the database is asked about passwords.
type asked struct {
	Accounts
	mu    sync.Mutex
	times int
}

func (a *asked) Password(ctx context.Context, name string) (events.Person, string, error) {
	a.mu.Lock()
	a.times++
	a.mu.Unlock()
	return a.Accounts.Password(ctx, name)
}

func (a *asked) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.times
}

// A flood of log-ins must not become a flood of queries.
func TestALogInThatFindsNoPlaceAsksTheDatabaseNothing(t *testing.T) {
	w := newWorld(t)
	accounts := &asked{}
	passwords, err := auth.NewPasswords(auth.Here{}, auth.Here{}, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	one := w.edge(func(_ *Config, d *Deps) {
		accounts.Accounts, d.Accounts, d.Passwords = d.Accounts, accounts, passwords
	})
	one.join(t, "ada")
	stop, ended := make(chan struct{}), sync.WaitGroup{}
	defer ended.Wait()
	defer close(stop)
	for range 3 { // one hashes, one waits, one is sent away
		ended.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_ = passwords.Check(context.Background(), "wrong horse", "")
				}
			}
		})
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		before := accounts.count()
		a := one.call(t, "POST", "/api/login", `{"name":"ada","password":"wrong horse"}`)
		if a.status == 429 && accounts.count() == before {
			a.problem(t, 429, chat.RateLimited)
			return
		}
	}
	t.Error("every log-in that was refused had asked the database")
}

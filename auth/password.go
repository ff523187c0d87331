package auth

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/natter-chat/natter/chat"
)

// restFor is how many times as long as a hash took its core then rests, while
// others wait for it: a flood gets an eighth of the time of those cores, and less
// the busier the machine is, since a hash takes longer then.
const restFor = 7

// Passwords hashes and checks passwords, at most as many at once as half of the
// cores: a flood of log-ins must leave the others something to run on. A few may
// wait; the rest are told to come back later (rate_limited). The edges of one
// process share one, so that their hashes are bounded together.
//
// While some wait, another Hasher computes: a process of a low rank, where there is
// one (internal/hasher). A thread cannot have one instead: each of a hash's eight
// parts is a goroutine that runs on whatever thread is free.
type Passwords struct {
	calm    Hasher
	busy    Hasher // while some wait
	running chan struct{}
	waiting atomic.Int64
	queue   int64
	dummy   string // a hash that no password has, for names that nobody bears
}

// HalfOfTheCores is how many may hash at once.
func HalfOfTheCores() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// NewPasswords returns Passwords for that many cores and that many waiters;
// 0 means half of the cores, and 16 waiters for each. What one Hasher made the
// other must know.
func NewPasswords(calm, busy Hasher, cores, queue int) (*Passwords, error) {
	if cores <= 0 {
		cores = HalfOfTheCores()
	}
	if queue <= 0 {
		queue = 16 * cores
	}
	p := &Passwords{
		calm:    calm,
		busy:    busy,
		running: make(chan struct{}, cores),
		queue:   int64(queue),
	}
	random, _ := NewTicket()
	dummy, err := calm.Hash(context.Background(), random)
	if err != nil {
		return nil, fmt.Errorf("hash a password: %w", err)
	}
	p.dummy = dummy
	return p, nil
}

// Hash returns the hash under which a password is stored. bad_password if it
// may not be chosen.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if err := chat.CheckPassword(password); err != nil {
		return "", err
	}
	if err := p.enter(ctx); err != nil {
		return "", err
	}
	defer p.leave(time.Now())
	hash, err := p.by().Hash(ctx, password)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// Check returns nil if the password has this hash, else wrong_credentials. An
// empty hash stands for a name that nobody bears, and takes as long as a wrong
// password, so that time does not tell which names exist.
func (p *Passwords) Check(ctx context.Context, password, hash string) error {
	if len(password) > chat.MaxPassword {
		return wrongCredentials()
	}
	if err := p.enter(ctx); err != nil {
		return err
	}
	defer p.leave(time.Now())
	known := hash != ""
	if !known {
		hash = p.dummy
	}
	match, err := p.by().Matches(ctx, password, hash)
	if err != nil {
		return fmt.Errorf("check a password: %w", err)
	}
	if !match || !known {
		return wrongCredentials()
	}
	return nil
}

func wrongCredentials() error {
	return chat.Errorf(chat.WrongCredentials, "The name or the password is wrong.")
}

// by is who computes the next one: a low rank only while somebody waits, since it
// has whoever logs in wait for all else that a busy machine does.
func (p *Passwords) by() Hasher {
	if p.waiting.Load() == 0 {
		return p.calm
	}
	return p.busy
}

// Full returns rate_limited while as many wait as may: whoever would ask a
// database first spares it that. There may be no place all the same a moment
// later.
func (p *Passwords) Full() error {
	if p.waiting.Load() < p.queue {
		return nil
	}
	return tooMany()
}

func tooMany() error {
	return chat.Errorf(chat.RateLimited, "Too many people are logging in right now. Try again in a moment.")
}

// enter waits for a free core, in a bounded queue.
func (p *Passwords) enter(ctx context.Context) error {
	select {
	case p.running <- struct{}{}:
		return nil
	default:
	}
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > p.queue {
		return tooMany()
	}
	select {
	case p.running <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &chat.Error{Code: chat.Unavailable, Detail: "Logging in took too long. Try again.", Cause: ctx.Err()}
	}
}

// leave gives the core back, at once if nobody waits for it, else after a rest.
func (p *Passwords) leave(begun time.Time) {
	if p.waiting.Load() == 0 {
		<-p.running
		return
	}
	time.AfterFunc(restFor*time.Since(begun), func() { <-p.running })
}

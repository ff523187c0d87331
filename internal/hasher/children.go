package hasher

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
)

// Children computes hashes, at most as many at once as it has workers.
type Children struct {
	here   auth.Here
	free   chan *worker
	ended  chan struct{}
	logger *slog.Logger
}

// Open returns what computes up to n hashes at once, and what ends it after all
// its users: no child is left then.
func Open(n int, logger *slog.Logger) (auth.Hasher, func()) {
	if self == "" {
		return auth.Here{}, func() {}
	}
	c := open(n, logger, answerIn, self, Command)
	return c, c.end
}

func open(n int, logger *slog.Logger, within time.Duration, command ...string) *Children {
	c := &Children{free: make(chan *worker, n), ended: make(chan struct{}), logger: logger}
	for range n {
		c.free <- &worker{command: command, within: within}
	}
	return c
}

// end waits for those that are still asked; their time is bounded.
func (c *Children) end() {
	close(c.ended)
	for range cap(c.free) {
		w := <-c.free
		w.end()
	}
}

// Hash returns a hash of the password.
func (c *Children) Hash(ctx context.Context, password string) (string, error) {
	a, err := c.ask(ctx, question{Password: []byte(password)})
	if errors.Is(err, errElsewhere) {
		return c.here.Hash(ctx, password)
	}
	return a.Hash, err
}

// Matches reports whether the password has this hash.
func (c *Children) Matches(ctx context.Context, password, hash string) (bool, error) {
	a, err := c.ask(ctx, question{Password: []byte(password), Hash: hash})
	if errors.Is(err, errElsewhere) {
		return c.here.Matches(ctx, password, hash)
	}
	return a.Match, err
}

// errElsewhere says that there is no child just now: compute here.
var errElsewhere = errors.New("there is no process that hashes")

// ask waits for a free worker and has it answer. What is computed here instead
// is bounded by auth.Passwords.
func (c *Children) ask(ctx context.Context, q question) (answer, error) {
	var w *worker
	select {
	case w = <-c.free:
	case <-ctx.Done():
		return answer{}, unavailable(ctx.Err())
	case <-c.ended:
		return answer{}, unavailable(errors.New("the edge ends"))
	}
	defer func() { c.free <- w }()
	a, err := w.ask(q)
	switch {
	case errors.Is(err, errResting):
		return a, errElsewhere
	case err != nil:
		c.logger.Warn("passwords are hashed in this process for a while", "cause", err)
		return a, errElsewhere
	case a.Error != "":
		return a, errors.New(a.Error)
	}
	return a, nil
}

func unavailable(cause error) error {
	return &chat.Error{Code: chat.Unavailable, Detail: "Logging in took too long. Try again.", Cause: cause}
}

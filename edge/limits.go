package edge

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/natter-chat/natter/chat"
)

// limits are the rates that one client may not exceed on this edge. They keep
// one client from crowding out the others; they count nothing across edges.
type limits struct {
	accounts *limiter // by address
	posts    *limiter // by user
}

func newLimits(cfg Config) *limits {
	return &limits{
		accounts: newLimiter(cfg.AccountsPerMinute/60, cfg.AccountsPerMinute),
		posts:    newLimiter(cfg.PostsPerSecond, cfg.PostsPerSecond*10),
	}
}

// account counts a sign-up or log-in from an address.
func (l *limits) account(address string) error {
	if l.accounts.allow(address) {
		return nil
	}
	return chat.Errorf(chat.RateLimited, "Too many attempts from your address. Wait a moment.")
}

// post counts a user's message.
func (l *limits) post(user string) error {
	if l.posts.allow(user) {
		return nil
	}
	return chat.Errorf(chat.RateLimited, "You are posting too fast. Nothing happened; wait a moment.")
}

// limiterKeys bounds how many clients a limiter remembers at once.
const limiterKeys = 20_000

// limiter is a token bucket for each key. When it remembers too many, those
// whose bucket is full again are forgotten, because forgetting them changes nothing.
type limiter struct {
	rate  rate.Limit // 0: no bound
	burst int

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

func newLimiter(perSecond, burst float64) *limiter {
	return &limiter{rate: rate.Limit(perSecond), burst: max(1, int(burst)), buckets: map[string]*rate.Limiter{}}
}

// allow takes a token from the key's bucket, if there is one.
func (l *limiter) allow(key string) bool {
	if l.rate <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[key]
	if b == nil {
		if len(l.buckets) >= limiterKeys {
			l.forget(time.Now())
		}
		b = rate.NewLimiter(l.rate, l.burst)
		l.buckets[key] = b
	}
	return b.Allow()
}

// forget makes room: full buckets go, and if that is not enough, so do as many
// others as it takes to halve what is remembered.
func (l *limiter) forget(now time.Time) {
	for key, b := range l.buckets {
		if b.TokensAt(now) >= float64(l.burst) {
			delete(l.buckets, key)
		}
	}
	for key := range l.buckets {
		if len(l.buckets) <= limiterKeys/2 {
			return
		}
		delete(l.buckets, key)
	}
}

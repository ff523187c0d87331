package edge

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiterKeys bounds how many clients a limiter remembers at once.
const limiterKeys = 20_000

// limiter is a token bucket for each key. When it remembers too many, those
// whose bucket is full again are forgotten, because forgetting them changes nothing.
type limiter struct {
	name  string
	rate  rate.Limit // tokens a second; 0: no bound
	burst int
	now   func() time.Time

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

func newLimiter(name bound, perSecond, most float64) *limiter {
	return &limiter{name: string(name), rate: rate.Limit(perSecond), burst: max(1, int(most)), now: time.Now, buckets: map[string]*rate.Limiter{}}
}

// take takes a token from the key's bucket, if there is one.
func (l *limiter) take(key string) allowance { return l.ask(key, 1) }

// look is take that leaves the token; with nothing to tell while there is one.
func (l *limiter) look(key string) allowance {
	if a := l.ask(key, 0); a.left == 0 && a.name != "" {
		a.granted = false
		return a
	}
	return allowance{granted: true}
}

func (l *limiter) ask(key string, n int) allowance {
	if l.rate <= 0 {
		return allowance{granted: true}
	}
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[key]
	if b == nil {
		if len(l.buckets) >= limiterKeys {
			l.forget(now)
		}
		b = rate.NewLimiter(l.rate, l.burst)
		l.buckets[key] = b
	}
	granted := b.AllowN(now, n)
	left := b.TokensAt(now)
	return allowance{
		name: l.name, most: l.burst, window: l.in(float64(l.burst)),
		left: max(0, int(left)), wait: l.in(float64(int(left)+1) - left), granted: granted,
	}
}

// in is how long so many tokens take to come.
func (l *limiter) in(tokens float64) time.Duration {
	return time.Duration(tokens / float64(l.rate) * float64(time.Second))
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

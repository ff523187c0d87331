package edge

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/natter-chat/natter/chat"
)

// bound is a rate that one client may not exceed on this edge. It keeps one
// client from crowding out the others; edges do not count together (see guess
// for what they do).
type bound string

// All bounds. Their names stand in the RateLimit headers. An operation declares
// with limited which ones it counts against; one that writes on somebody's behalf
// and declares none counts as an action, so that none can be forgotten.
const (
	boundAddress  bound = "address"  // by address: what strangers try, such as log-ins and codes
	boundActions  bound = "actions"  // by user: whatever they change besides posting
	boundPosts    bound = "posts"    // by user: messages; draft counts it, on every transport
	boundNoted    bound = "noted"    // by user: what is written down about an account for long, such as log-ins
	boundSearches bound = "searches" // by user: they cost more than anything else that is asked
	boundTokens   bound = "tokens"   // by address: personal access tokens that are none; personal counts it
)

// sentences tell somebody what they exceeded.
var sentences = map[bound]string{
	boundAddress:  "Too many attempts from your address. Wait a moment.",
	boundActions:  "You are doing too much at once. Nothing happened; wait a moment.",
	boundPosts:    "You are posting too fast. Nothing happened; wait a moment.",
	boundNoted:    "You logged in or changed your account too often. Nothing happened; wait a while.",
	boundSearches: "You are searching too often. Wait a moment.",
	boundTokens:   "Too many tokens from your address were not valid. Wait a moment.",
}

// limits are the bounds with what they have counted.
type limits struct{ of map[bound]*limiter }

// burst is how many seconds' worth of its rate somebody may do at once.
const burst = 10

const (
	// notedAnHour keeps what one person can write into AUDIT in the 90 days for
	// which it keeps everything near 100 MB: each is two entries at most, of
	// about 600 bytes.
	notedAnHour = 40
	notedAtOnce = 100
	// searchesAtOnce lets somebody search while they type.
	searchesAtOnce = 20
)

func newLimits(cfg Config) *limits {
	return &limits{map[bound]*limiter{
		boundAddress:  newLimiter(boundAddress, cfg.AccountsPerMinute/60, cfg.AccountsPerMinute),
		boundActions:  newLimiter(boundActions, cfg.ActionsPerSecond, cfg.ActionsPerSecond*burst),
		boundPosts:    newLimiter(boundPosts, cfg.PostsPerSecond, cfg.PostsPerSecond*burst),
		boundNoted:    newLimiter(boundNoted, notedRate(cfg), notedAtOnce),
		boundSearches: newLimiter(boundSearches, cfg.SearchesPerMinute/60, searchesAtOnce),
		boundTokens:   newLimiter(boundTokens, cfg.AccountsPerMinute/60, cfg.AccountsPerMinute),
	}}
}

// notedRate is 0, no bound, where log-ins have none: for load tests.
func notedRate(cfg Config) float64 {
	if cfg.AccountsPerMinute == 0 {
		return 0
	}
	return notedAnHour / 3600.
}

// spend counts one more for key and tells the request's answer what is left;
// rate_limited, with the time until it works again, if nothing is.
func (l *limits) spend(ctx context.Context, b bound, key string) error {
	return l.verdict(ctx, b, l.of[b].take(key))
}

// left is spend without counting.
func (l *limits) left(ctx context.Context, b bound, key string) error {
	return l.verdict(ctx, b, l.of[b].look(key))
}

func (l *limits) verdict(ctx context.Context, b bound, a allowance) error {
	a.tell(ctx)
	if a.granted {
		return nil
	}
	return &chat.Error{Code: chat.RateLimited, Detail: sentences[b], RetryAfter: a.wait}
}

const boundsKey = "bounds"

// limited declares the bounds that an operation counts against.
func limited(bounds ...bound) func(*huma.Operation) {
	return func(o *huma.Operation) { withMetadata(o, boundsKey, bounds) }
}

// boundsOf returns what the operation counts against.
func boundsOf(o *huma.Operation) []bound {
	if bounds, declared := o.Metadata[boundsKey].([]bound); declared {
		return bounds
	}
	if len(o.Security) > 0 && o.Method != http.MethodGet {
		return []bound{boundActions}
	}
	return nil
}

// charge counts a request against its operation's bounds.
func (e *Edge) charge(ctx context.Context, o *huma.Operation, r *http.Request) error {
	for _, b := range boundsOf(o) {
		key := principal(ctx).User.ID
		switch b {
		case boundAddress:
			key = e.clientAddress(r)
		case boundPosts:
			continue
		}
		if err := e.limits.spend(ctx, b, key); err != nil {
			return err
		}
	}
	return nil
}

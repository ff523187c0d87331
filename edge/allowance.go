package edge

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// allowance is what a bound leaves to a client after one more was counted.
type allowance struct {
	name    string        // the bound's; "": there is none
	most    int           // how many in window
	window  time.Duration // after which all are there again
	left    int           // how many more at once
	wait    time.Duration // until there is one more than that
	granted bool
}

// tell writes the allowance into the answer to the request of ctx, if it
// belongs to one: RateLimit-Policy and RateLimit as in
// draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4. A refusal's
// Retry-After is the same time (section 6).
func (a allowance) tell(ctx context.Context) {
	h, ok := ctx.Value(answerKey{}).(http.Header)
	if a.name == "" || !ok {
		return
	}
	h.Add("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", a.name, a.most, max(1, seconds(a.window))))
	h.Add("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", a.name, a.left, seconds(a.wait)))
}

// answerKey finds the header of the answer to a request.
type answerKey struct{}

// seconds rounds up: whoever waits that long has waited long enough.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

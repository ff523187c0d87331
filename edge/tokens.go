package edge

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
)

// verified remembers whom access tokens speak for: checking a signature costs
// 60 µs, and a client sends the same token for five minutes. It knows nothing
// of revocations, which are asked for each time. Tokens are kept as hashes.
//
// It holds two generations of at most a bound each: when the young one is full
// it becomes the old one, which is forgotten.
type verified struct {
	mu         sync.RWMutex
	young, old map[[sha256.Size]byte]chat.Principal
}

// verifiedAtMost bounds a generation: about 200 bytes each.
const verifiedAtMost = 8192

func newVerified() *verified {
	return &verified{young: map[[sha256.Size]byte]chat.Principal{}}
}

// who returns what verify says of the token, or said before, if it has not
// expired.
func (v *verified) who(token string, now time.Time, verify func(string) (chat.Principal, error)) (chat.Principal, error) {
	key := sha256.Sum256([]byte(token))
	v.mu.RLock()
	who, ok := v.young[key]
	if !ok {
		who, ok = v.old[key]
	}
	v.mu.RUnlock()
	if ok && now.Before(who.Expires) {
		return who, nil
	}
	who, err := verify(token)
	if err != nil {
		return who, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.young) >= verifiedAtMost {
		v.young, v.old = map[[sha256.Size]byte]chat.Principal{}, v.young
	}
	v.young[key] = who
	return who, nil
}

package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
)

// device returns what is known about where the request of ctx comes from.
func (e *Edge) device(ctx context.Context) chat.Device {
	r := requestOf(ctx)
	if r == nil {
		return chat.Device{}
	}
	return chat.Device{Name: clip(r.UserAgent(), 100), Address: e.clientAddress(r)}
}

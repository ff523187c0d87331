//go:build !linux

package runedge

import (
	"context"
	"net"
)

// quiet has no counterpart here: what waits to be accepted when the listener
// closes is reset, and its client told that the outcome is unknown.
func quiet(context.Context, net.Listener) {}

// Command edge is where clients connect: HTTP, WebSocket and SSE. It holds no
// state; any number run side by side and any client may use any of them.
package main

import (
	"context"
	"os"

	"github.com/natter-chat/natter/internal/hasher"
	"github.com/natter-chat/natter/internal/roles/runedge"
	"github.com/natter-chat/natter/internal/service"
)

const about = `edge is where natter's clients connect: HTTP, WebSocket and SSE. Any number run side by
side, and any client may use any of them.`

func main() {
	if hasher.IsChild(os.Args) {
		os.Exit(hasher.Child(os.Stdin, os.Stdout))
	}
	config := runedge.Defaults()
	process := service.OS("edge", about)
	os.Exit(service.Main(process, &config, func(ctx context.Context, s *service.Service) error {
		return runedge.Run(ctx, s, config)
	}))
}

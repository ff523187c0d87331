// Command notifier reads the log, decides who must be told of what, and appends
// notifications to the log. Any number may run; one is active, the others stand
// by.
package main

import (
	"context"
	"os"

	"github.com/natter-chat/natter/internal/roles/runnotifier"
	"github.com/natter-chat/natter/internal/service"
)

const about = `notifier reads natter's log and decides who must be told of what. Any number may run; one is
active and the others stand by.`

func main() {
	config := runnotifier.Defaults()
	process := service.OS("notifier", about)
	os.Exit(service.Main(process, &config, func(ctx context.Context, s *service.Service) error {
		return runnotifier.Run(ctx, s, config)
	}))
}

// Command persister turns the log into PostgreSQL's tables. Any number may run;
// for each stream one is active and the others stand by.
package main

import (
	"context"
	"os"

	"github.com/natter-chat/natter/internal/roles/runpersister"
	"github.com/natter-chat/natter/internal/service"
)

const about = `persister turns natter's log into tables. Any number may run; for each stream one is
active and the others stand by.`

func main() {
	config := runpersister.Defaults()
	process := service.OS("persister", about)
	os.Exit(service.Main(process, &config, func(ctx context.Context, s *service.Service) error {
		return runpersister.Run(ctx, s, config)
	}))
}

package roles

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/natter-chat/natter/internal/service"
)

const (
	// waitForServers is how long a role waits for PostgreSQL to answer at its
	// start, before it gives up and lets its supervisor start it again. The log
	// has bounds of its own (jetstream.Connect, Log.Check).
	waitForServers = 30 * time.Second
	tryEvery       = 500 * time.Millisecond
)

// await tries until it succeeds, and returns the last error when the time is up.
func await(ctx context.Context, s *service.Service, server string, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, waitForServers)
	defer cancel()
	for first := true; ; first = false {
		err := try(ctx)
		if err == nil {
			return nil
		}
		if first {
			s.Logger.Warn("a server does not answer yet; waiting for it", "server", server, "error", err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(tryEvery):
		}
	}
}

// checkURL reports, by the variable's name and never with the value, whether
// every address of u has one of the schemes.
func checkURL(name string, u service.URL, required bool, schemes ...string) error {
	if u == "" {
		if required {
			return fmt.Errorf("%s is not set", name)
		}
		return nil
	}
	for part := range strings.SplitSeq(string(u), ",") {
		parsed, err := url.Parse(strings.TrimSpace(part))
		if err != nil || !slices.Contains(schemes, parsed.Scheme) || parsed.Host == "" {
			return errors.New(name + " is no address of the form " + schemes[0] + "://host:port")
		}
	}
	return nil
}

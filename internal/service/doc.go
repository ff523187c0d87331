// Package service is what all of natter's programs share: configuration from
// the environment, logs, metrics, a health server and the run loop. Main is a
// whole program; a main hands it the process's surroundings, a configuration
// and the function that is the role:
//
//	func main() {
//		cfg := runedge.Defaults()
//		os.Exit(service.Main(service.OS("edge", "…"), &cfg, func(ctx context.Context, s *service.Service) error {
//			return runedge.Run(ctx, s, cfg)
//		}))
//	}
//
// # The run loop
//
// The health server listens before the role starts: /healthz answers that the
// process lives, /readyz lists named checks and is 200 only when the role has
// said Started and all of them hold. The role's context ends with SIGTERM,
// SIGINT or Fail; /readyz says "draining" from then on. The role finishes what
// it has taken on and returns, within the drain time and a few seconds; then
// the process ends, whoever still runs. A second signal ends it at once.
//
// # Exit codes
//
// 0 after a clean end, 1 after a failure, 2 for a wrong command line or
// configuration, 130 after a second signal.
//
// The package knows no role and no technology but Prometheus. Only what Main
// returns decides the exit code: nothing here or below calls os.Exit, and only
// the Process that a main passes in brings the environment.
package service

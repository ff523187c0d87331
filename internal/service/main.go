package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Exit codes of all programs.
const (
	exitClean  = 0
	exitFailed = 1
	exitUsage  = 2   // a wrong command line or configuration
	exitNow    = 130 // a second signal
)

// beyondDrain is what a role may take after its drain time to close its
// connections, before the process ends without it.
const beyondDrain = 10 * time.Second

// errStopped is the cause of an asked-for end.
var errStopped = errors.New("asked to stop")

// Main is a whole program: it answers --help and --version, loads the
// configuration, runs the role and returns the exit code.
func Main(p Process, settings Settings, run func(context.Context, *Service) error) int {
	switch {
	case len(p.Args) == 1 && (p.Args[0] == "--help" || p.Args[0] == "-h" || p.Args[0] == "-help"):
		p.Help(p.Out, settings)
		return exitClean
	case len(p.Args) == 1 && (p.Args[0] == "--version" || p.Args[0] == "-version"):
		fmt.Fprintln(p.Out, "natter", p.Role, Version())
		return exitClean
	case len(p.Args) > 0:
		fmt.Fprintf(p.Err, "%s takes no arguments; %s --help shows its environment variables.\n", p.Program(), p.Program())
		return exitUsage
	}
	return p.Once(settings, run)
}

// Once loads the configuration, runs a role or a task to its end and returns
// the exit code.
func (p Process) Once(settings Settings, run func(context.Context, *Service) error) int {
	if err := p.Load(settings); err != nil {
		return p.Misconfigured(err)
	}
	return Run(p, settings, run)
}

// Misconfigured prints what is wrong with a configuration and returns the exit
// code for it.
func (p Process) Misconfigured(err error) int {
	fmt.Fprintf(p.Err, "%s cannot start, because its configuration is wrong:\n%s\n", p.Program(), lines(err))
	return exitUsage
}

// Run runs a role whose settings are loaded, to its end, and returns the exit
// code.
func Run(p Process, settings Settings, run func(context.Context, *Service) error) int {
	c := settings.common()
	base := newLogger(p.Err, c)
	logger := base.With("role", p.Role, "name", c.Name)
	l, err := Listen(cmp.Or(p.OpsSetting, "NATTER_OPS_LISTEN"), c.OpsListen)
	if err != nil {
		fmt.Fprintf(p.Err, "%s cannot start: %v\n", p.Program(), err)
		return exitFailed
	}
	ctx, fail := context.WithCancelCause(context.Background())
	defer fail(nil)
	// Before anybody can see that the process lives, and signal it.
	signals := watchSignals(fail)
	defer signals.stop()
	metrics := newRegistry(p.Role)
	s := &Service{
		Name: c.Name, Logger: logger, base: base, Metrics: metrics, Drain: c.Drain,
		Ops: l.Addr().String(), health: newHealth(), fail: fail, plain: c.LogFormat == "text", started: make(chan struct{}),
	}
	ops := startOps(l, s.health, metrics, logger)
	defer ops.stop()
	s.ops = ops
	tuning, stopTuning := context.WithCancel(context.Background())
	var tuned sync.WaitGroup
	tuned.Go(func() { tuneHeap(tuning) })
	defer tuned.Wait()
	defer stopTuning()
	logger.Info("starting", "version", Version(), "ops", s.Ops)
	logger.Info("configuration", attributes(settings)...)
	p.warnOfUnknown(logger)
	return s.loop(ctx, p, signals, run)
}

// loop runs the role and watches for signals, for its end and for the end of
// its time.
func (s *Service) loop(ctx context.Context, p Process, signals *signals, run func(context.Context, *Service) error) int {
	stopDraining := context.AfterFunc(ctx, func() {
		s.health.enter(errDraining)
		s.Logger.Info("stopping", "cause", context.Cause(ctx), "drain", s.Drain)
	})
	defer stopDraining()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, s) }()
	select {
	case err := <-ended:
		return s.verdict(ctx, p, err)
	case <-signals.again:
		s.Logger.Warn("stopped at once by a second signal")
		return exitNow
	case <-after(ctx, s.Drain+beyondDrain):
		s.Logger.Error("stopped before the drain was over, because its time was")
		return exitFailed
	}
}

func (s *Service) hasStarted() bool {
	select {
	case <-s.started:
		return true
	default:
		return false
	}
}

// verdict words how the role ended.
func (s *Service) verdict(ctx context.Context, p Process, err error) int {
	cause := context.Cause(ctx)
	switch asked := errors.Is(cause, errStopped); {
	case asked && (errors.Is(err, context.Canceled) || !s.hasStarted()):
		err = nil // the end that was asked for; a start that it cut short is no failure
	case cause != nil && !asked:
		err = cause // the role only followed
	}
	if err != nil {
		s.Logger.Error("failed", "error", err)
		if s.plain { // the last line is for a person
			fmt.Fprintf(p.Err, "%s stopped: %v\n", p.Program(), err)
		}
		return exitFailed
	}
	s.Logger.Info("stopped")
	return exitClean
}

// after yields once, when d has passed since the end of ctx.
func after(ctx context.Context, d time.Duration) <-chan time.Time {
	late := make(chan time.Time, 1)
	context.AfterFunc(ctx, func() {
		time.AfterFunc(d, func() { late <- time.Now() })
	})
	return late
}

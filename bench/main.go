// Command bench measures natter under load: go run ./bench -help.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/natter-chat/natter/bench/meter"
	"github.com/natter-chat/natter/bench/scenario"
	"github.com/natter-chat/natter/bench/target"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == scenario.SitCommand {
		if err := scenario.Sit(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench: a helper:", err)
			os.Exit(failed)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code, err := run(ctx, os.Args[1:])
	switch {
	case err != nil && ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "bench: interrupted; nothing is reported")
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	os.Exit(code)
}

// Exit codes.
const (
	fine   = 0
	broken = 1 // a message was lost, doubled or reordered
	failed = 2 // the run could not be made
)

// flags are what the command line says.
type flags struct {
	scenario.Options
	names  string
	json   bool
	edges  string
	pids   string
	dir    string
	record string
	said   []string // the arguments
	count  int
}

func parse(args []string) (f flags, err error) {
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.StringVar(&f.names, "scenario", "", "the `scenarios` to run, with commas; empty: the short set")
	set.DurationVar(&f.Duration, "duration", 0, "how `long` the load lasts; 0: the scenario's own choice")
	set.Float64Var(&f.Rate, "rate", 0, "`posts` a second in all; 0: the scenario's own choice")
	set.BoolVar(&f.Search, "search", false, "look for the highest rate within the limits, from -rate upwards")
	set.IntVar(&f.Connections, "connections", 0, "how `many` sockets or readers; 0: the scenario's own choice")
	set.IntVar(&f.Size, "size", 0, "`bytes` of a message's text; 0: 300")
	set.IntVar(&f.Messages, "messages", 0, "`messages` of the room that history reads, or that drain stores; 0: the scenario's own choice")
	set.StringVar(&f.Profile, "profile", "", "`folder` for CPU profiles of all roles under the load, for go tool pprof")
	set.BoolVar(&f.json, "json", false, "print one JSON object for each scenario, each on a line")
	set.StringVar(&f.edges, "edges", "", "`URLs` of a natter that runs already, with commas; empty: start a private one")
	set.StringVar(&f.pids, "pids", "", "its processes on this machine, such as `edge=12,edge=13,nats=9`, to measure their cost")
	set.StringVar(&f.record, "record", "", "`file` to append each result to, with the time, commit, machine and command")
	set.StringVar(&f.dir, "dir", "", "`folder` for the private natter's data; empty: a temporary one")
	set.IntVar(&f.count, "private-edges", 2, "`edges` of the private natter")
	set.Usage = func() { usage(set) }
	f.said = args
	if err := set.Parse(args); err != nil {
		return f, err
	}
	switch {
	case set.NArg() > 0:
		err = fmt.Errorf("%q is no flag: scenarios are named with -scenario", set.Arg(0))
	case f.Duration < 0 || f.Rate < 0 || f.Connections < 0 || f.Size < 0 || f.Messages < 0 || f.count < 1:
		err = errors.New("a number below 0 (or no edge) is nothing to measure with")
	}
	if err != nil {
		fmt.Fprintln(set.Output(), "bench:", err)
	}
	return f, err
}

func usage(set *flag.FlagSet) {
	out := set.Output()
	fmt.Fprint(out, "bench measures natter under load and checks every delivery. It exits with 1 if a message was\nlost, doubled or reordered, and with 2 if it could not measure.\n\nScenarios:\n")
	for _, s := range scenario.All {
		fmt.Fprintf(out, "  %-9s%s\n", s.Name, s.About)
	}
	fmt.Fprint(out, "\nFlags:\n")
	set.PrintDefaults()
}

func run(ctx context.Context, args []string) (code int, err error) {
	f, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return fine, nil
	case err != nil:
		return failed, nil // the flag package has said why
	}
	plan, err := f.plan()
	if err != nil {
		return failed, err
	}
	began := time.Now()
	f.Progress = func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%7.1fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	var rows []*scenario.Result
	code = fine
	for _, one := range plan {
		r, err := f.one(ctx, one)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return failed, fmt.Errorf("%s: %w", one.Name, err)
		}
		if !r.Whole() {
			code = broken
		}
		if err := f.keep(r); err != nil {
			return failed, fmt.Errorf("keep the result: %w", err)
		}
		rows = append(rows, r)
	}
	return code, f.print(rows)
}

// one runs a scenario on a natter of its own, or on the one that runs.
func (f flags) one(ctx context.Context, run planned) (r *scenario.Result, err error) {
	f.Progress("%s: %s", run.Name, run.About)
	t, err := f.target(ctx, run.Scenario)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	run.Options.Progress = f.Progress
	speed := meter.Speed()
	r, err = run.Run(ctx, t, run.Options)
	if r != nil {
		r.Scenario, r.Speed = run.Name, speed
		for _, step := range r.Steps {
			step.Scenario = run.Name
		}
	}
	return r, err
}

func (f flags) target(ctx context.Context, s scenario.Scenario) (*target.Target, error) {
	if f.edges == "" && s.Alone {
		return target.Folder(target.Options{Dir: f.dir})
	}
	if f.edges == "" {
		return target.Start(ctx, target.Options{Dir: f.dir, Edges: f.count}, func(what string) { f.Progress("%s", what) })
	}
	if s.Private {
		return nil, errors.New("it stops, fills or empties natter, so that it runs on a private one only: leave -edges out")
	}
	roles, err := processes(f.pids)
	return target.At(strings.Split(f.edges, ","), roles), err
}

func processes(list string) (meter.Roles, error) {
	roles := meter.Roles{}
	for _, one := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		role, number, _ := strings.Cut(one, "=")
		pid, err := strconv.Atoi(number)
		if err != nil || pid <= 0 {
			return nil, fmt.Errorf("-pids: %q is not role=number", one)
		}
		roles[role] = append(roles[role], pid)
	}
	return roles, nil
}

// print writes the results, as a table or as JSON, a line each.
func (f flags) print(rows []*scenario.Result) error {
	if !f.json {
		scenario.Table(os.Stdout, rows)
		return nil
	}
	out := json.NewEncoder(os.Stdout)
	for _, r := range rows {
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

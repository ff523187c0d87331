package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/natter-chat/natter/test/cluster"
)

// Exit codes: 1 where a law broke, 2 where the campaign could not be made or
// proves nothing.
func main() {
	if err := cluster.Isolate(); err != nil && !errors.Is(err, cluster.ErrNotRoot) {
		fmt.Fprintln(os.Stderr, "fault: no network of its own, so no partitions:", err)
	}
	o, err := parse(os.Args[1:])
	if err != nil {
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r, err := campaign(ctx, o, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "fault:", err)
		os.Exit(2)
	}
	r.print(os.Stdout, o.json)
	os.Exit(r.code())
}

func (r *report) print(out *os.File, asJSON bool) {
	for i, v := range r.Violations {
		if i == maxPrinted {
			fmt.Fprintf(os.Stderr, "and %d more\n", len(r.Violations)-maxPrinted)
			break
		}
		fmt.Fprintln(os.Stderr, v)
	}
	if !asJSON {
		r.table(out)
		return
	}
	if len(r.Violations) > maxPrinted {
		r.Violations = r.Violations[:maxPrinted]
	}
	raw, err := json.Marshal(r)
	if err != nil {
		panic(err) // a report holds nothing that cannot be encoded
	}
	fmt.Fprintf(out, "%s\n", raw)
}

// maxPrinted is how many violations are printed in full.
const maxPrinted = 20

func (r *report) code() int {
	switch {
	case len(r.Violations) > 0:
		return 1
	case !r.OK:
		return 2
	}
	return 0
}

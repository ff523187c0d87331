package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/natter-chat/natter/test/cluster"
	"github.com/natter-chat/natter/test/fault/laws"
)

// Exit codes: 1 where a law broke, 2 where the campaign could not be made or
// proves nothing.
func main() {
	if err := cluster.Isolate(); err != nil && !errors.Is(err, cluster.ErrNotRoot) {
		fmt.Fprintln(os.Stderr, "fault: no network of its own, so no partitions:", err)
	}
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r, err := campaign(ctx, o, os.Stderr)
	if ctx.Err() != nil {
		fmt.Fprintln(os.Stderr, "fault: interrupted; nothing is reported")
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fault:", err)
		os.Exit(2)
	}
	r.print(os.Stdout, o.json)
	os.Exit(r.code())
}

func (r *report) print(out *os.File, asJSON bool) {
	r.Violations = shortest(r.Violations)
	for _, v := range r.Violations {
		fmt.Fprintln(os.Stderr, v)
	}
	for _, open := range r.Unproven {
		fmt.Fprintln(os.Stderr, "unproven:", open)
	}
	if !asJSON {
		r.table(out)
		return
	}
	raw, err := json.Marshal(r)
	if err != nil {
		panic(err) // a report holds nothing that cannot be encoded
	}
	fmt.Fprintf(out, "%s\n", raw)
}

// shown is how many violations of one law are shown.
const shown = 3

// shortest keeps, of each law, the violations that the shortest histories show.
func shortest(all []laws.Violation) (kept []laws.Violation) {
	slices.SortStableFunc(all, func(a, b laws.Violation) int {
		return cmp.Or(cmp.Compare(a.Law, b.Law), cmp.Compare(len(a.Shows)+len(a.Log), len(b.Shows)+len(b.Log)))
	})
	n := map[string]int{}
	for _, v := range all {
		if n[v.Law]++; n[v.Law] <= shown {
			kept = append(kept, v)
		}
	}
	return kept
}

func (r *report) code() int {
	switch {
	case len(r.Violations) > 0:
		return 1
	case !r.OK:
		return 2
	}
	return 0
}

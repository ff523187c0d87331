package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

// options are what the command line says.
type options struct {
	seed    uint64
	faults  int
	only    []string // names of faults, in turn; empty: all at random
	json    bool
	history string // file
	keep    string // folder that outlives the campaign, with all logs

	nats, edges, persisters, notifiers int
	writers                            int
	rate                               float64 // posts a second of one writer
	network                            bool
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("fault", flag.ContinueOnError)
	f.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()%1e9), "what the choice of faults, places and moments follows from")
	f.IntVar(&o.faults, "faults", 20, "how many faults")
	only := f.String("only", "", "names of faults with commas between them, instead of all; -list shows them")
	list := f.Bool("list", false, "print the faults and stop")
	f.BoolVar(&o.json, "json", false, "print the result as one JSON object, the last line")
	f.StringVar(&o.history, "history", "", "file for what clients tried and saw, JSON lines")
	f.StringVar(&o.keep, "keep", "", "folder for the cluster's data and logs, which is kept; else a temporary one")
	f.IntVar(&o.nats, "nats", 3, "NATS servers: 1 or 3")
	f.IntVar(&o.edges, "edges", 3, "edges")
	f.IntVar(&o.persisters, "persisters", 2, "persisters")
	f.IntVar(&o.notifiers, "notifiers", 2, "notifiers")
	f.IntVar(&o.writers, "writers", 12, "people who post")
	f.Float64Var(&o.rate, "rate", 5, "posts a second of each")
	f.BoolVar(&o.network, "network", os.Geteuid() == 0, "a network namespace for each process, which partitions need; root only")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		err = fmt.Errorf("%q is no flag: faults are named with -only", f.Arg(0))
	case o.faults < 1 || o.writers < 1 || o.rate <= 0:
		err = errors.New("-faults, -writers and -rate must be above 0")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fault:", err)
		return o, err
	}
	if *list {
		listFaults(os.Stdout)
		return o, flag.ErrHelp
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	if _, err = o.kinds(); err == nil {
		err = o.writable()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fault:", err)
	}
	return o, err
}

// writable makes the history's file, so that a wrong name is told before
// minutes have passed.
func (o options) writable() error {
	if o.history == "" {
		return nil
	}
	file, err := os.Create(o.history)
	if err != nil {
		return fmt.Errorf("-history: %w", err)
	}
	return file.Close()
}

// kinds returns the faults that this campaign may choose from.
func (o options) kinds() (kinds []fault, err error) {
	if len(o.only) == 0 {
		for _, f := range faults {
			if !f.network || o.network {
				kinds = append(kinds, f)
			}
		}
		return kinds, nil
	}
	for _, name := range o.only {
		f, err := faultNamed(name)
		if err != nil {
			return nil, err
		}
		if f.network && !o.network {
			return nil, fmt.Errorf("%s needs root and -network", name)
		}
		kinds = append(kinds, f)
	}
	return kinds, nil
}

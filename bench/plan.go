package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/natter-chat/natter/bench/scenario"
)

// planned is a scenario with its settings.
type planned struct {
	scenario.Scenario
	scenario.Options
}

// short is what runs when nothing is asked for: a few minutes.
var short = []struct {
	name    string
	options scenario.Options
}{
	{"start", scenario.Options{}},
	{"rooms", scenario.Options{Rate: 500, Duration: 10 * time.Second}},
	{"rooms", scenario.Options{Rate: 8000, Duration: 10 * time.Second}},
	{"hall", scenario.Options{Rate: 20, Duration: 10 * time.Second}},
	{"history", scenario.Options{Duration: 10 * time.Second}},
	{"resume", scenario.Options{}},
}

// plan returns the runs that the flags ask for.
func (f flags) plan() (plan []planned, err error) {
	if f.names == "" {
		for _, s := range short {
			if one, ok := find(s.name); ok {
				plan = append(plan, planned{one, s.options})
			}
		}
		return plan, nil
	}
	for name := range strings.SplitSeq(f.names, ",") {
		one, ok := find(name)
		if !ok {
			return nil, fmt.Errorf("there is no scenario %q; see -help", name)
		}
		plan = append(plan, planned{one, f.Options})
	}
	return plan, nil
}

func find(name string) (scenario.Scenario, bool) {
	i := slices.IndexFunc(scenario.All, func(s scenario.Scenario) bool { return s.Name == name })
	if i < 0 {
		return scenario.Scenario{}, false
	}
	return scenario.All[i], true
}

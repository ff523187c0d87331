package main

import (
	"slices"
	"time"

	"github.com/natter-chat/natter/test/fault/laws"
)

// restWithin is how long processes may take to come to rest.
const restWithin = 45 * time.Second

// atRest looks at what every process holds: once, or until they are back at
// what they held before.
func (k *run) atRest(before map[string]laws.Resources) (now map[string]laws.Resources, err error) {
	for until := time.Now().Add(restWithin); ; {
		if now, err = k.resources(); err != nil {
			return nil, err
		}
		same := before == nil
		if !same {
			same = len(laws.Rested(&laws.Evidence{Before: before, After: now})) == 0
		}
		if same || time.Now().After(until) {
			return now, nil
		}
		if err := pause(k.ctx, time.Second); err != nil {
			return nil, err
		}
	}
}

func (k *run) resources() (map[string]laws.Resources, error) {
	all := map[string]laws.Resources{}
	for _, r := range slices.Concat(k.Persisters, k.Notifiers) {
		f, err := r.Footprint()
		if err != nil {
			return nil, err
		}
		all[r.Name] = laws.Resources{Goroutines: float64(f.Goroutines), Descriptors: float64(f.Descriptors), Memory: float64(f.RSS)}
	}
	for _, e := range k.Edges {
		f, err := e.Footprint()
		if err != nil {
			return nil, err
		}
		all[e.Name] = laws.Resources{Goroutines: float64(f.Goroutines), Descriptors: float64(f.Descriptors), Memory: float64(f.RSS)}
	}
	for _, n := range k.NATSServers {
		f, err := n.Footprint()
		if err != nil {
			return nil, err
		}
		// Memory: a server caches the log that it holds.
		all[n.Name] = laws.Resources{Descriptors: float64(f.Descriptors)}
	}
	consumers, err := k.Consumers()
	if err != nil {
		return nil, err
	}
	for stream, n := range consumers {
		all["stream "+string(stream)] = laws.Resources{Consumers: float64(n)}
	}
	return all, nil
}

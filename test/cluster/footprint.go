package cluster

import "github.com/natter-chat/natter/events"

// Footprint is what a process holds. After a storm it returns to what it was.
type Footprint struct {
	RSS         int64 // bytes
	Descriptors int
	Threads     int
	Goroutines  int // of a role
}

// Footprint asks the role and the kernel.
func (r *Role) Footprint() (Footprint, error) {
	f, err := r.Process.Footprint()
	if err != nil {
		return f, err
	}
	goroutines, err := r.Metric("go_goroutines")
	f.Goroutines = int(goroutines)
	return f, err
}

// Consumers counts each stream's consumers.
func (c *Cluster) Consumers() (map[events.Stream]int, error) {
	counts := map[events.Stream]int{}
	for _, s := range events.Streams {
		leader, err := c.Leader(s)
		if err != nil {
			return nil, err
		}
		all, err := leader.standings()
		if err != nil {
			return nil, err
		}
		for _, one := range all {
			if one.Name == string(s) {
				counts[s] = one.State.Consumers
			}
		}
	}
	return counts, nil
}

// Connections counts the clients of all NATS servers, those of this program
// included.
func (c *Cluster) Connections() (sum int, err error) {
	for _, n := range c.NATSServers {
		var varz struct {
			Connections int `json:"connections"`
		}
		if err := n.monitor("/varz", &varz); err != nil {
			return 0, err
		}
		sum += varz.Connections
	}
	return sum, nil
}

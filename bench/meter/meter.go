package meter

import (
	"maps"
	"os"
	"slices"
	"sync"
	"time"
)

// Bench is the role of the load tool's own process.
const Bench = "bench"

// Roles are processes by what they are; a process counts with its children.
type Roles map[string][]int

// Meter watches processes until Stop.
type Meter struct {
	roles Roles
	start map[string]time.Duration
	began time.Time

	stop    chan struct{}
	stopped sync.WaitGroup
	peak    map[string]int64
}

// Usage is what the processes used between Start and Stop, by role.
type Usage struct {
	Elapsed time.Duration
	CPU     map[string]time.Duration
	Peak    map[string]int64 // bytes, all processes of the role together
}

// sampleEvery is how often memory is looked at: a peak that is shorter may be
// missed. Looking costs the kernel some milliseconds each time.
const sampleEvery = 2 * time.Second

// Start begins to measure the roles and this process.
func Start(roles Roles) *Meter {
	roles = maps.Clone(roles)
	if roles == nil {
		roles = Roles{}
	}
	roles[Bench] = []int{-os.Getpid()} // alone: the others may be its children
	m := &Meter{roles: roles, peak: map[string]int64{}, stop: make(chan struct{})}
	m.sample()
	m.start, m.began = m.cpu(), time.Now()
	m.stopped.Go(m.watch)
	return m
}

// Stop returns what was used. It may be called once.
func (m *Meter) Stop() Usage {
	used, elapsed := m.cpu(), time.Since(m.began)
	for role, before := range m.start {
		used[role] -= before
	}
	close(m.stop)
	m.stopped.Wait()
	m.sample()
	return Usage{Elapsed: elapsed, CPU: used, Peak: m.peak}
}

func (m *Meter) watch() {
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	for {
		select {
		case <-m.stop:
			return
		case <-ticker.C:
			m.sample()
		}
	}
}

func (m *Meter) sample() {
	for role, bytes := range Memory(m.roles) {
		m.peak[role] = max(m.peak[role], bytes)
	}
}

func (m *Meter) cpu() map[string]time.Duration {
	used, families := map[string]time.Duration{}, parents()
	for role := range m.roles {
		used[role] = cpu(m.roles.processes(role, families))
	}
	return used
}

// Memory returns what the roles hold now, in bytes.
func Memory(roles Roles) map[string]int64 {
	held, families := map[string]int64{}, parents()
	for role := range roles {
		held[role] = memory(roles.processes(role, families))
	}
	return held
}

// processes lists a role's processes; a negative one stands without children.
func (r Roles) processes(role string, children map[int][]int) (all []int) {
	for _, pid := range r[role] {
		if pid < 0 {
			all = append(all, -pid)
		} else {
			all = append(all, family(pid, children)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

package meter

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// userHZ is the unit of the times in /proc/PID/stat: 1/100 s on every Linux
// that Go runs on (USER_HZ; proc(5)).
const userHZ = 100

// stat is what /proc/PID/stat says of a process.
type stat struct {
	parent int
	own    time.Duration // of its threads
	reaped time.Duration // of children that have ended
}

func readStat(pid int) (s stat, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return s, err
	}
	// The name may hold spaces; behind its bracket come state, parent, …
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if len(fields) < 15 {
		return s, fmt.Errorf("/proc/%d/stat: %q", pid, raw)
	}
	number := func(i int) time.Duration {
		v, _ := strconv.ParseInt(fields[i], 10, 64)
		return time.Duration(v)
	}
	s.parent = int(number(1))
	s.own = (number(11) + number(12)) * time.Second / userHZ
	s.reaped = (number(13) + number(14)) * time.Second / userHZ
	return s, nil
}

// parents returns the living processes by their parents. It looks at every
// process of the machine: once for all roles.
func parents() map[int][]int {
	children := map[int][]int{}
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range paths {
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if s, err := readStat(child); err == nil {
			children[s.parent] = append(children[s.parent], child)
		}
	}
	return children
}

// family returns pid and its descendants.
func family(pid int, children map[int][]int) []int {
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// cpu returns the processor time of pids, and of their children that ended.
func cpu(pids []int) (total time.Duration) {
	for _, pid := range pids {
		if s, err := readStat(pid); err == nil {
			total += s.own + s.reaped
		}
	}
	return total
}

// memory returns the proportional set size of pids in bytes: shared pages
// count once, which matters for PostgreSQL (smaps_rollup; proc(5)).
func memory(pids []int) (total int64) {
	for _, pid := range pids {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(raw)) {
			if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
				kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
				total += kb << 10
			}
		}
	}
	return total
}

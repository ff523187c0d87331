package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/natter-chat/natter/bench/scenario"
)

// record is a line of bench/results: what was measured, when, of which commit,
// where and how.
type record struct {
	Time    string           `json:"time"` // RFC 3339, UTC
	Commit  string           `json:"commit"`
	Machine string           `json:"machine"`
	Command string           `json:"command"`
	Result  *scenario.Result `json:"result"`
}

// keep appends a result to the file of -record.
func (f flags) keep(r *scenario.Result) error {
	if f.record == "" {
		return nil
	}
	out, err := os.OpenFile(f.record, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	line := record{
		Time: time.Now().UTC().Format(time.RFC3339), Commit: commit(), Machine: machine(),
		Command: "go run ./bench " + strings.Join(f.said, " "), Result: r,
	}
	return errors.Join(json.NewEncoder(out).Encode(line), out.Close())
}

// commit names what was measured; a + behind it says that files were changed.
func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty=+").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// machine describes where this runs, without naming it.
func machine() string {
	about := []string{runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	about = append(about, procValue("/proc/cpuinfo", "model name"), procValue("/proc/meminfo", "MemTotal"))
	return fmt.Sprintf("%d cores, %s", runtime.NumCPU(), strings.Join(about, ", "))
}

func procValue(path, key string) string {
	raw, _ := os.ReadFile(path) // absent on other systems: then it is not said
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return key + " unknown"
}

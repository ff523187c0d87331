package service

import (
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Process is a program's surroundings, handed in by its main so that nothing
// below reads them by itself.
type Process struct {
	Role    string   // "edge", "persister", "notifier" or "natter"
	About   string   // what the program is, in a sentence or two, for --help
	Args    []string // without the program's name
	Environ []string // KEY=value
	Out     io.Writer
	Err     io.Writer
	Host    string
	PID     int
	// OpsSetting is what a person sets to move the health server, if that is
	// not NATTER_OPS_LISTEN.
	OpsSetting string
}

// OS returns the surroundings that the operating system gave this process.
func OS(role, about string) Process {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return Process{
		Role: role, About: about, Args: os.Args[1:], Environ: os.Environ(),
		Out: os.Stdout, Err: os.Stderr, Host: host, PID: os.Getpid(),
	}
}

// environment returns the variables that are set and not empty: an empty one
// means its default, because compose files and unit files cannot unset.
func (p Process) environment() map[string]string {
	set := map[string]string{}
	for _, line := range p.Environ {
		if key, value, _ := strings.Cut(line, "="); value != "" {
			set[key] = value
		}
	}
	return set
}

// Program is the name under which the program is called.
func (p Process) Program() string {
	return filepath.Base(p.Role)
}

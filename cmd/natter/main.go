// Command natter is all of natter in one process, and the operator's tool.
// natter help says what it can do.
package main

import (
	"fmt"
	"os"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/internal/hasher"
	"github.com/natter-chat/natter/internal/service"
)

func main() {
	if hasher.IsChild(os.Args) {
		os.Exit(hasher.Child(os.Stdin, os.Stdout))
	}
	os.Exit(dispatch(service.OS("natter", about)))
}

// dispatch runs the subcommand and returns the exit code.
func dispatch(p service.Process) int {
	name := ""
	if len(p.Args) > 0 {
		name, p.Args = p.Args[0], p.Args[1:]
	}
	switch name {
	case "run":
		return run(p)
	case "setup":
		return setup(p)
	case "dead":
		return dead(p)
	case "verify":
		return verify(p)
	case "secret":
		return secret(p)
	case "version", "-version", "--version":
		fmt.Fprintln(p.Out, "natter", service.Version())
		return 0
	case "help", "-h", "-help", "--help":
		return help(p)
	case "":
		fmt.Fprint(p.Err, about)
	default:
		fmt.Fprintf(p.Err, "natter does not know %q. It knows run, setup, dead, verify, secret, version and help.\n", name)
	}
	return 2
}

// secret prints a new secret, and nothing else prints one: scripts take whatever
// it writes for one.
func secret(p service.Process) int {
	switch {
	case len(p.Args) == 0:
		fmt.Fprintln(p.Out, auth.NewSecret())
		return 0
	case len(p.Args) == 1 && (p.Args[0] == "-h" || p.Args[0] == "-help" || p.Args[0] == "--help"):
		fmt.Fprint(p.Out, secretAbout)
		return 0
	}
	fmt.Fprintf(p.Err, "natter secret takes nothing, not %q.\n", p.Args[0])
	return 2
}

package main

import (
	"flag"
	"fmt"
	"strings"

	"github.com/natter-chat/natter/internal/service"
)

const about = `natter is a chat and notification backend that does not lose, double or reorder a message.

  natter run       start everything here: log, database, workers and two edges
  natter setup     create or upgrade the streams and the schema (for separate roles)
  natter dead      show what could not be applied, and why
  natter verify    compare the log with the tables
  natter secret    print a new secret for NATTER_SECRET
  natter version   print the version
  natter help run  print the flags and variables of a command

In a hurry: natter run, then open the two addresses that it prints.
`

const secretAbout = `natter secret prints a new secret for NATTER_SECRET, which all edges share. It takes nothing and
keeps nothing: store it where only natter and you can read it.
`

// help prints the overview, or the flags and variables of one command.
func help(p service.Process) int {
	switch strings.Join(p.Args, " ") {
	case "":
		fmt.Fprint(p.Out, about)
	case "run":
		config := runDefaults()
		usage(p, runAbout, runFlags(&config), &config)
	case "setup":
		config := setupDefaults()
		usage(p, setupAbout, setupFlags(&config), &config)
	case "dead":
		config := deadDefaults()
		usage(p, deadAbout, deadFlags(&config), &config)
	case "verify":
		config := verifyDefaults()
		usage(p, verifyAbout, verifyFlags(&config), &config)
	case "secret":
		fmt.Fprint(p.Out, secretAbout)
	default:
		fmt.Fprint(p.Err, "natter help knows run, setup, dead, verify and secret; the other commands take nothing.\n")
		return 2
	}
	return 0
}

func usage(p service.Process, text string, flags *flag.FlagSet, settings service.Settings) {
	fmt.Fprintf(p.Out, "%s\nFlags:\n\n", text)
	flags.SetOutput(p.Out)
	flags.PrintDefaults()
	fmt.Fprint(p.Out, "\nEnvironment (a flag wins):\n\n")
	p.Variables(p.Out, settings)
}

// parse reads a command's flags. code is the exit code if the command ends here.
func parse(p service.Process, text string, flags *flag.FlagSet, settings service.Settings) (code int, ok bool) {
	flags.SetOutput(p.Err)
	flags.Usage = func() {}
	switch err := flags.Parse(p.Args); {
	case err == flag.ErrHelp:
		usage(p, text, flags, settings)
		return 0, false
	case err != nil:
		fmt.Fprintf(p.Err, "natter help %s lists the flags.\n", flags.Name())
		return 2, false
	case flags.NArg() > 0:
		fmt.Fprintf(p.Err, "natter %s takes flags only, not %q.\n", flags.Name(), flags.Arg(0))
		return 2, false
	}
	return 0, true
}

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"path/filepath"

	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/spelling"
	"github.com/semabench/semabench/internal/terminal"
	"github.com/semabench/semabench/reports"
)

// An app is the command without the process around it.
// Every verb takes its streams from here and not from package os. So a test can run a verb
// within its own process, with buffers for the streams.
type app struct {
	table []impls.Impl // the implementations that the name all stands for
	// implementations that processes can share; all does not include them
	shared []impls.Impl
	// of the programs that take samples; tests have tables that no linked program has
	maker          sampling.Maker
	stdin          io.Reader
	stdout, stderr io.Writer
	// hook gets the flags of a verb, which then returns flag.ErrHelp and does nothing; see completed
	hook func(*flag.FlagSet)
}

// A verb is one subcommand. Its run returns an error and prints no error itself: exitCode prints
// it once, in one form, and derives the exit code from the same value.
type verb struct {
	name, what string
	run        func(a app, ctx context.Context, args []string) error
}

// verbs are in the order of the help. The help, the completion and the search for a mistyped verb read the
// list, so it stands below them; main.go fills it. The program starts the last two itself, as children: run
// starts sample, and stress starts turn.
var verbs []verb

// innerVerbs are called by other verbs, never by users. They are verbs of the same executable, because a build of
// this command is one file: a second program beside it would be missing after go install.
var innerVerbs = []string{"sample", "turn"}

// flags returns a flag set for a verb. It prints nothing but its help, if the user asks for it:
// exitCode prints errors.
//
// ContinueOnError is essential: flag.ExitOnError would exit with 2 inside Parse and skip every
// deferred call of the verb. Package flag also prints each error with the whole help, which
// pushes the error off the screen; so its output is discarded.
func (a app) flags(verb, args, what string) *flagSet {
	f := flag.NewFlagSet(verb, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	help := func() {
		fmt.Fprintf(a.stdout, "usage: semabench %s %s\n\n%s\n\n", verb, args, what)
		f.SetOutput(a.stdout)
		f.PrintDefaults()
	}
	return &flagSet{f, help, a.hook}
}

const colorUsage = "colours: auto (on a terminal, unless NO_COLOR is set or TERM is dumb), always or never"

// A screen is standard output as a place for results. watched says that a person reads it. Width
// and colours are about how to write; watched decides what is written.
// The two are separate because a pager breaks their tie: with “-color always | less -R” the
// output is a pipe, and a person reads it.
type screen struct {
	reports.Terminal
	watched bool
}

// screen returns the screen for the value of -color. With forced colours the output counts as read by a person,
// through a pager.
func (a app) screen(color string) (screen, error) {
	s := screen{watched: terminal.Is(a.stdout)}
	if s.watched {
		s.Width = terminal.Width(a.stdout)
	}
	switch color {
	case "auto":
		s.Colour = s.watched && !terminal.Plain()
	case "always":
		s.Colour, s.watched = true, true
	// never leaves watched as it is: a user without colours still wants the heat map.
	case "never":
	default:
		return screen{}, fmt.Errorf("unknown -color %q%s; known are auto, always, never", color,
			spelling.Suggest(color, []string{"auto", "always", "never"}, ""))
	}
	return s, nil
}

// writeHeatForPeople writes the heat map if a person reads the output. A file and a pipe get
// nothing.
//
// A script that reads the paths on standard output must not find a table before them.
func (s screen) writeHeatForPeople(w io.Writer, c *reports.Comparison) error {
	if !s.watched {
		return nil
	}
	if err := s.WriteHeat(w, c); err != nil {
		return fmt.Errorf("writing the heat map: %w", err)
	}
	_, err := fmt.Fprintln(w)
	return err
}

// writeText writes the text of benchstat. Programs read that text, so only a person gets a heat map
// before it.
func (s screen) writeText(w io.Writer, c *reports.Comparison) error {
	if err := s.writeHeatForPeople(w, c); err != nil {
		return err
	}
	return reports.WriteText(w, c)
}

// printPaths prints the absolute paths of files that were written, one on each line. They are
// absolute because CI logs are read elsewhere, and alone on standard output so that a script can
// take them.
func (a app) printPaths(paths []string) {
	for _, path := range paths {
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		fmt.Fprintln(a.stdout, path)
	}
}

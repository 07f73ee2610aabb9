package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/flags"
	"github.com/semabench/semabench/internal/sampling"
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

// A flagSet is a flag.FlagSet that prints the help of a verb.
type flagSet struct {
	*flag.FlagSet
	help func()
	hook func(*flag.FlagSet)
}

// parse parses the arguments. The help is printed here and not by flag.FlagSet.Usage, because
// Usage also runs after every error.
func (f *flagSet) parse(args []string) error {
	if f.hook != nil {
		f.hook(f.FlagSet)
		return flag.ErrHelp
	}
	err := f.Parse(args)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, flag.ErrHelp):
		f.help()
		return err
	}
	return f.unknownFlag(err)
}

// number adds a flag for a whole number from least to most; see flags.Number.
func (f *flagSet) number(name string, value, least, most uint64, usage string) *uint64 {
	return flags.Number(f.FlagSet, name, value, least, most, usage)
}

// noArguments refuses arguments behind the flags. Package flag stops at the first argument that
// is no flag, so in “semabench run quick -samples 3” the flag would be ignored without a word.
func (f *flagSet) noArguments() error {
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return nil
}

// given reports whether the arguments have the flag, even with its default as the value.
//
// The value alone cannot say it: “-time 20s” and no flag at all have the same value, but the
// first may contradict another flag.
func (f *flagSet) given(name string) (yes bool) {
	f.Visit(func(g *flag.Flag) { yes = yes || g.Name == name })
	return yes
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
		return screen{}, fmt.Errorf("unknown -color %q; known are auto, always, never", color)
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

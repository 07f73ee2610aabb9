package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/flags"
	"github.com/semabench/semabench/internal/machine"
	"github.com/semabench/semabench/internal/spelling"
)

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
	return f.explained(err)
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

// explained adds to the error of package flag which flag was probably meant, and which form a time has: "parse
// error" alone says neither. Other errors stay.
func (f *flagSet) explained(err error) error {
	if text, ok := strings.CutSuffix(err.Error(), ": parse error"); ok {
		name := text[strings.LastIndexByte(text, '-')+1:]
		if given := f.Lookup(name); given != nil && isDuration(given.Value) {
			return fmt.Errorf("%s: want a number with a unit, such as 300ms, 20s or 5m", text)
		}
	}
	name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !ok {
		return err
	}
	var names []string
	f.VisitAll(func(g *flag.Flag) { names = append(names, g.Name) })
	return fmt.Errorf("unknown flag -%s%s; semabench %s -h lists the flags", strings.TrimPrefix(name, "-"),
		spelling.Suggest(strings.TrimPrefix(name, "-"), names, "-"), f.Name())
}

func isDuration(v flag.Value) bool {
	get, ok := v.(flag.Getter)
	if !ok {
		return false
	}
	_, ok = get.Get().(time.Duration)
	return ok
}

// priorityDoc is the paragraph on -priority in the help of the verbs that measure.
const priorityDoc = `Priority: with -priority, and always if the environment has CI=true, a process that is measured gets a core
before all other processes, as root on Linux may decide. Other work on the machine then waits. The text has the
priority: "priority: -20", or the reason why it is not raised.`

// A priorityFlag is -priority. Its default is the environment: a runner of a CI system has no other work, and a
// user's machine has.
type priorityFlag struct {
	given, on bool
}

// priorityFlag adds the flag to f. The value counts once use was called, after the flags were parsed.
func (f *flagSet) priorityFlag() *priorityFlag {
	p := &priorityFlag{}
	f.Var(p, "priority", "measure before all other processes, as root on Linux may (default in CI)")
	return p
}

// String is empty without a value, so that the help shows no default beside the words.
func (p *priorityFlag) String() string {
	if !p.given {
		return ""
	}
	return strconv.FormatBool(p.on)
}

// Set remembers that the user decided: -priority=false holds in CI too.
func (p *priorityFlag) Set(s string) (err error) {
	p.given = true
	p.on, err = strconv.ParseBool(s)
	return err
}

// IsBoolFlag tells package flag that -priority needs no value.
func (p *priorityFlag) IsBoolFlag() bool { return true }

// use makes the choice hold for every process that is measured from now on.
func (p *priorityFlag) use() {
	inCI, _ := strconv.ParseBool(os.Getenv("CI")) // no value and no boolean: not in CI
	machine.RaisePriority(p.on || !p.given && inCI)
}

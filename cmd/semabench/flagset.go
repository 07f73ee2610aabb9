package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/semabench/semabench/internal/flags"
	"github.com/semabench/semabench/internal/machine"
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

// unknownFlag adds to the error of package flag which flag was probably meant. Other errors stay.
func (f *flagSet) unknownFlag(err error) error {
	name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !ok {
		return err
	}
	var names []string
	f.VisitAll(func(g *flag.Flag) { names = append(names, g.Name) })
	return fmt.Errorf("unknown flag -%s%s; semabench %s -h lists the flags", strings.TrimPrefix(name, "-"),
		didYouMean(strings.TrimPrefix(name, "-"), names, "-"), f.Name())
}

// didYouMean returns a question with the name that is nearest to the typed one, or "" if none is
// near: at most two edits away, and less than half of the word. A wrong guess is worse than none.
func didYouMean(typed string, names []string, prefix string) string {
	best, least := "", min(2, (len(typed)-1)/2)
	for _, name := range names {
		if d := edits(typed, name); d <= least {
			best, least = name, d-1 // the first of several equally near ones
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s%s?)", prefix, best)
}

// edits returns the least number of insertions, deletions, substitutions and swaps of neighbours
// that make b of a (optimal string alignment; Damerau 1964). Swaps are the commonest slip of a
// typist, so they count as one edit.
func edits(a, b string) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row = above, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			substitution := above[j-1]
			if a[i-1] != b[j-1] {
				substitution++
			}
			row[j] = min(above[j]+1, row[j-1]+1, substitution)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
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

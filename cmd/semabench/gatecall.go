package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/semabench/semabench/cmd/internal/duel"
	"github.com/semabench/semabench/cmd/internal/shards"
	"github.com/semabench/semabench/internal/spelling"
	"github.com/semabench/semabench/reports/gate"
)

// This file has the arguments of the verb gate: the flags, their parsers, and what excludes what. gate.go
// decides on the way, gateinput.go makes the report, gateoutput.go writes it. Everything that can be refused
// is refused here, before anything is built or measured: a measurement may take an hour.

// gateRunName is the name of the run in the folder of -o. The verb itself looks for it there with -join,
// so the folder of a shard can be handed on as a whole.
const gateRunName = "gate.jsonl"

// gateFormats are the formats of the report. file is the name in the folder of -o.
// The table serves the flag, its help and the folder of -o: a new format is one line here.
var gateFormats = []struct {
	name, file string
	write      func(io.Writer, *gate.Report) error
}{
	{"text", "gate.txt", gate.WriteText},
	{"markdown", "gate.md", gate.WriteMarkdown},
	{"html", "gate.html", gate.WriteHTML},
	{"json", "gate.json", gate.WriteJSON},
	{"junit", "gate.xml", gate.WriteJUnit},
}

// gateFormatNames returns the names for the help and for the message about an unknown format.
func gateFormatNames() (names []string) {
	for _, f := range gateFormats {
		names = append(names, f.name)
	}
	return names
}

// A gateCall is the verb gate with its flags.
// A call has one of three inputs, and check finds out which: packages to measure, texts, or a
// run to replay. The fields of the others stay empty.
type gateCall struct {
	flags *flagSet

	base, head, old, new, replay string
	join                         bool

	measure  duel.Options
	judge    gate.Options
	packages []string
	texts    []string

	defaultPackages []string // of the configuration, for a command line without packages
	configured      bool     // there is a configuration

	waivers, format, dir, summary, profiles string
}

// measuringFlags have no meaning for a run that was measured before. They are refused there and
// not ignored: the flag -pairs with two texts would promise more certainty and give none. base,
// old and new are not in the list, because they choose the input.
var measuringFlags = []string{"head", "bench", "pairs", "max-time", "row-time", "silence", "self",
	"measure-same", "profile", "priority", "shard"}

// addTo adds all flags to the flag set of the verb.
//
// The flags write into the options of packages duel and gate, and not into fields of their own. A flag thus
// cannot be parsed and then forgotten. Where a word must be parsed first, a function of c is the parser.
func (c *gateCall) addTo(f *flagSet) {
	c.flags = f
	f.StringVar(&c.base, "base", "",
		"the old side: a `revision` of the repository around the working directory")
	f.StringVar(&c.head, "head", "",
		"the new side: a `revision`, with -base (default the working tree as it is)")
	f.StringVar(&c.old, "old", "", "the old side: a `directory`, with -new")
	f.StringVar(&c.new, "new", "", "the new side: a `directory`, with -old")
	f.StringVar(&c.replay, "replay", "", "judge the run in this `file` again; -o writes it as "+
		gateRunName)
	f.BoolVar(&c.join, "join", false, "judge the shards of one run together: the arguments are the folders of -o, or the "+
		"files "+gateRunName+" in them")
	c.addMeasuringTo(f)
	f.Var(&parsedFlag{set: c.setMinEffect}, "min-effect",
		"the smallest slowdown that counts, a `percentage`; less than 3 % means 3 % (default 3%)")
	f.Var(&parsedFlag{set: c.setTolerance}, "inconclusive", "what INCONCLUSIVE rows do: fail, warn, or fail only if "+
		"a slowdown of `10%` would have gone unseen (default fail)")
	f.Var(&parsedFlag{set: c.setInstructions}, "instructions", "fail a row that executes so much more instructions, "+
		"as `5%`; off counts none (default: such rows are named, and time decides)")
	f.StringVar(&c.waivers, "waivers", "", "`file` of rows that may regress for a while")
	f.BoolVar(&c.judge.AllowMissing, "allow-missing", false,
		"let rows pass that the new side does not have any more")
	f.BoolVar(&c.judge.TrustTexts, "trust-texts", false,
		"exit with 1 where two texts advise that a row REGRESSED, and not with 3")
	f.BoolVar(&c.judge.ExactOnly, "exact", false,
		"of two texts judge only what is counted, so that they may be of different machines")
	f.StringVar(&c.format, "format", "text", "what to print: "+strings.Join(gateFormatNames(), ", "))
	f.StringVar(&c.dir, "o", "", "`directory` for the run, the report in all formats, and profiles")
	f.StringVar(&c.summary, "summary", "", "`file` to add the Markdown to (default "+
		"$GITHUB_STEP_SUMMARY)")
}

// addMeasuringTo adds the flags that decide how to measure. They fill the options of package
// duel directly, so a zero means the default of that package, as the help says.
func (c *gateCall) addMeasuringTo(f *flagSet) {
	o := &c.measure
	f.StringVar(&o.Bench, "bench", "", "benchmarks, as go test -bench has it (default all)")
	f.IntVar(&o.Pairs, "pairs", 24,
		"pairs of processes for each row, twice that where it is contended or allocates")
	f.DurationVar(&o.MaxTime, "max-time", 0, "of everything, kept within a tenth; pairs are dropped for it, "+
		"first from rows that counts settle, and the report says what was still seen (0: as long as it takes)")
	f.DurationVar(&o.RowTime, "row-time", 0,
		"of a slow row, which gets fewer pairs, but at least 10 (default 10s)")
	f.DurationVar(&o.Silence, "silence", 0,
		"after which a benchmark that does not return is given up, and named (default 30s)")
	f.BoolVar(&o.Self, "self", false, "measure every row of the old side against itself as well, "+
		"for a "+
		"margin of its own; doubles the time")
	f.BoolVar(&o.MeasureSame, "measure-same", false, "measure rows also where both sides run the same "+
		"code, which are IDENTICAL otherwise")
	f.Var(&parsedFlag{set: c.setShard}, "shard", "measure only one of several parts of the rows, as `2/3`, on each of "+
		"several machines; -join judges them")
	f.StringVar(&c.profiles, "profile", "",
		"`directory` for CPU profiles of both sides of REGRESSED rows (default that of -o)")
}

// A parsedFlag is a flag with a parser of its own. It keeps the text, because the command that repeats a run has
// the flags as texts; a flag of flag.Func has no text.
type parsedFlag struct {
	set  func(string) error
	text string
}

func (p *parsedFlag) String() string { return p.text }

// Set parses the text and keeps it.
func (p *parsedFlag) Set(s string) error {
	p.text = s
	return p.set(s)
}

// setMinEffect parses the flag -min-effect. Above 100 % a row could become twice as slow unseen,
// which is surely a typing error. The words fail and warn parse as 0 and infinity, so the bounds
// refuse them.
func (c *gateCall) setMinEffect(s string) error {
	v, err := gate.ParseTolerance(s) // also accepts fail and warn
	if err != nil || v == 0 || v > 1 {
		return fmt.Errorf("%q is no percentage such as 5%%", s)
	}
	c.judge.MinEffect = v
	return nil
}

// setInstructions parses the flag -instructions, which also switches the instrument off. Off resets the
// increase as well: of two flags the last one counts, as with every other flag. More than 1000 % is
// surely a typing error.
func (c *gateCall) setInstructions(s string) error {
	if c.measure.NoInstructions = s == "off"; c.measure.NoInstructions {
		c.judge.MaxInstructions = 0
		return nil
	}
	v, err := gate.ParseTolerance(s) // also accepts fail and warn
	if err != nil || v == 0 || v > 10 {
		return fmt.Errorf("%q is neither off nor a percentage such as 5%%", s)
	}
	c.judge.MaxInstructions = v
	return nil
}

// setShard parses the flag -shard. A wrong shard, such as 4/3, is an error of the flag, so that it costs
// no measurement on any of the machines.
func (c *gateCall) setShard(s string) (err error) {
	c.measure.Shard, err = shards.Parse(s)
	return err
}

// setTolerance parses the flag -inconclusive. It is a function and no string, so that package
// flag refuses a wrong value before anything is built.
func (c *gateCall) setTolerance(s string) (err error) {
	c.judge.Tolerate, err = gate.ParseTolerance(s)
	return err
}

// choose drops what the configuration says of the input if the command line names another input,
// and takes the packages of the configuration if it names none.
//
// A project that sets base in its configuration must still be able to compare two texts. Without this, each
// such call would be refused with a contradiction between flags that the user has not typed.
func (c *gateCall) choose(defaults config) {
	for _, name := range []string{"old", "new", "replay", "join", "exact", "trust-texts"} {
		if c.flags.given(name) && !c.flags.given("base") {
			c.base, c.head = "", ""
		}
	}
	if c.namesTwoFiles() && !c.flags.given("base") {
		c.base, c.head = "", ""
	}
	c.defaultPackages, c.configured = defaults.packages, defaults.file != ""
}

// namesTwoFiles reports whether the arguments are two files: a package of the go command is a folder.
// The files are looked at and not their names, because a benchmark text may have any name.
func (c *gateCall) namesTwoFiles() bool {
	if c.flags.NArg() != 2 {
		return false
	}
	for _, arg := range c.flags.Args() {
		if info, err := os.Stat(arg); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}

// check finds out which kind of input the arguments name, and refuses flags that exclude each
// other.
//
// The order of the cases matters: contradictions first, then incomplete pairs, then the input
// that remains. From “revisions || dirs” on the arguments are packages, and before it nothing
// has been assigned.
func (c *gateCall) check() error {
	revisions, dirs := c.base != "" || c.head != "", c.old != "" || c.new != ""
	args := c.flags.Args()
	if err := c.checkWords(args); err != nil {
		return err
	}
	switch {
	case c.join && (revisions || dirs || c.replay != ""):
		return errors.New("-join judges shards that were measured: it takes no -base, -old, -new or -replay")
	case c.join && len(args) == 0:
		return errors.New("-join needs the folders of the shards")
	case revisions && dirs, c.replay != "" && (revisions || dirs):
		return errors.New("-base, -old with -new, and -replay exclude each other")
	case c.replay != "" && len(args) > 0:
		return fmt.Errorf("-replay judges what was measured: it takes no %q", args[0])
	case c.head != "" && c.base == "":
		return errors.New("-head needs -base, the revision that it is compared with")
	case dirs && (c.old == "" || c.new == ""):
		return errors.New("-old and -new need each other")
	// An empty list means all packages to package duel, so it may stay empty where there is no configuration.
	case revisions || dirs:
		if c.packages = args; len(args) == 0 {
			c.packages = c.defaultPackages
		}
	case c.join: // the arguments are folders
	case c.replay == "" && len(args) != 2:
		return errors.New("say what to compare: -base REVISION, -old DIR -new DIR, or two " +
			"benchmark texts")
	case c.replay == "":
		c.texts = args
	}
	if c.texts == nil && (c.judge.ExactOnly || c.judge.TrustTexts) {
		return errors.New("-exact and -trust-texts are about two benchmark texts")
	}
	if revisions || dirs {
		return errors.Join(c.checkMeasuring(), c.readWaivers())
	}
	if c.measure.NoInstructions {
		return errors.New("-instructions off is about measuring, and nothing is measured here")
	}
	if c.texts != nil && c.flags.given("instructions") {
		return errors.New("-instructions is about two builds: a benchmark text has no instructions")
	}
	// Only flags of the command line count: given is false for a value of the configuration, which was written for
	// calls that measure.
	for _, name := range measuringFlags {
		if c.flags.given(name) {
			return fmt.Errorf("-%s is about measuring, and nothing is measured here", name)
		}
	}
	return errors.Join(c.checkFormat(), c.readWaivers())
}

// checkWords refuses two mistakes of scripts. A variable that is not set becomes an empty
// argument. A flag behind the packages, where the go command accepts flags, would be taken for a
// package.
func (c *gateCall) checkWords(args []string) error {
	for _, name := range []string{"base", "head", "old", "new", "replay", "waivers", "o", "profile",
		"summary"} {
		if c.flags.given(name) && c.flags.Lookup(name).Value.String() == "" {
			return fmt.Errorf("-%s is empty: is a variable not set?", name)
		}
	}
	for _, arg := range args {
		if arg == "" {
			return errors.New("an argument is empty: is a variable not set?")
		}
		if len(arg) > 1 && arg[0] == '-' {
			return fmt.Errorf("%s stands behind the packages or texts: flags come before them", arg)
		}
	}
	return nil
}

// checkMeasuring checks the values that decide how to measure. -bench has a pattern for each
// level of names, separated by slashes, and each must compile alone. Six pairs are the least for
// an interval: five equal signs have a probability of 1/16, which is no evidence at 95 %.
func (c *gateCall) checkMeasuring() error {
	for _, part := range strings.Split(c.measure.Bench, "/") {
		if _, err := regexp.Compile(part); err != nil {
			return fmt.Errorf("-bench: %w", err)
		}
	}
	switch {
	case c.measure.Pairs < 6:
		return fmt.Errorf("-pairs=%d: fewer than 6 have no interval", c.measure.Pairs)
	case min(c.measure.MaxTime, c.measure.RowTime, c.measure.Silence) < 0:
		return errors.New("-max-time, -row-time and -silence cannot be less than 0")
	}
	return c.checkFormat()
}

// readWaivers parses the file of waivers before anything is measured. A file with a typing error
// would otherwise be refused after the measurement. Whether a waiver has expired or fits a row
// is judged with the rows.
func (c *gateCall) readWaivers() error {
	if c.waivers == "" {
		return nil
	}
	text, err := os.ReadFile(c.waivers)
	if err != nil {
		return fmt.Errorf("reading waivers: %w", err)
	}
	c.judge.Waivers, err = gate.ParseWaivers(c.waivers, string(text))
	return err
}

// checkFormat refuses an unknown format before anything is measured.
//
// A format that is refused after an hour of measuring would cost the hour.
func (c *gateCall) checkFormat() error {
	for _, f := range gateFormats {
		if f.name == c.format {
			return nil
		}
	}
	return fmt.Errorf("unknown format %q%s; known are %s", c.format, spelling.Suggest(c.format, gateFormatNames(), ""),
		strings.Join(gateFormatNames(), ", "))
}

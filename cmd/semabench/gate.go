package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/semabench/semabench/internal/duel"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/shards"
	"github.com/semabench/semabench/reports/gate"
)

const gateDoc = `Judges whether a change made the benchmarks of any Go package slower. One of

    semabench gate -base origin/main [packages]   the working tree against a revision
    semabench gate -base REV -head REV [packages] one revision against another
    semabench gate -old DIR -new DIR [packages]   two directories
    semabench gate OLD.txt NEW.txt                two benchmark texts: advice, but for exact counts
    semabench gate -exact BASELINE.txt NEW.txt    their counts alone, from any two machines
    semabench gate -replay FILE                   a run that was recorded before, judged again
    semabench gate -join DIR DIR ...              shards of one run, from several machines, as one run

The first three build the benchmarks of both sides. A benchmark that can reach only code that is
equal is IDENTICAL at once, and passes, unless it may read a file that differs. The other
benchmarks take turns, each pair of processes with code layouts of its own; that takes one to
three seconds for a row. Rows that look slower are measured again, once, by fresh processes, and the
second result decides. Instructions are counted too, by the processor or by valgrind if it is
installed: rows that time cannot tell are COUNTED if those agree, and MORE WORK is named and timed
again. In a run that measures the old side against itself must pass, and a planted slowdown must be
found. Packages are ./... if none are named.

Exit codes of this verb: 0 no row is slower; 1 a row REGRESSED, in time, in allocations or over
-instructions; 2 refused, unreadable, nothing to judge, or a row FAILED or is MISSING; 3
INCONCLUSIVE, also if it is MORE WORK, only advice, or stopped early, by Ctrl-C too; 4 the run is
invalid: the sides are of two machines, or a control failed and no row REGRESSED twice or in a
count.

` + priorityDoc + `

Ctrl-C keeps the pairs so far and judges them. Nothing is written into the repository. Its worktree
may be read-only, or dirty, and the report says so if it is. Without -o the report is only printed.`

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

// setInstructions parses the flag -instructions, which also switches the instrument off.
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

// setShard parses the flag -shard.
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

// gate judges whether a change made benchmarks slower.
//
// The exit code is computed before the report is written. A full disk must not turn a REGRESSED
// row into exit 2, so only a pass gets the code of unusable input if writing fails.
func (a app) gate(ctx context.Context, args []string) error {
	f := a.flags("gate", "[flags] [packages | OLD.txt NEW.txt]", gateDoc)
	var c gateCall
	c.addTo(f)
	priority := f.priorityFlag()
	f.configFlag()
	if err := f.parse(args); err != nil {
		return err
	}
	defaults, err := a.configure(f)
	if err != nil {
		return err
	}
	priority.use()
	c.choose(defaults)
	if err := c.check(); err != nil {
		return err
	}
	report, err := a.judged(ctx, &c)
	if err != nil {
		return err
	}
	code := report.Exit()
	if err := a.writeGate(&c, report); err != nil {
		return exitcode.Error{Code: cmp.Or(code, gate.ExitUnusable), Err: err}
	}
	if code == gate.ExitPass {
		return nil
	}
	return exitcode.Error{
		Code: code, Err: fmt.Errorf("%s (exit %d)", report.Export().Outcome, code),
	}
}

// judged returns the report on the input that the arguments name.
//
// The three ways return the same type, so one place writes reports and one derives the exit
// code. Nothing behind this function knows whether the run was measured just now.
func (a app) judged(ctx context.Context, c *gateCall) (*gate.Report, error) {
	switch {
	case c.replay != "":
		return c.replayed()
	case c.join:
		return c.joined()
	case c.texts != nil:
		return a.judgedTexts(c)
	}
	return a.duel(ctx, c)
}

// choose drops what the configuration says of the input if the command line names another input,
// and takes the packages of the configuration if it names none.
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

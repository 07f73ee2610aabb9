package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/semabench/semabench/cmd/internal/duel"
	"github.com/semabench/semabench/cmd/internal/shards"
	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/gate"
)

// joined judges the shards of one run, and keeps the whole run where -o says. An argument is a run file, or the folder
// of -o, which a job of CI hands on as a whole.
//
// The whole run is judged and not each shard: the correction for many rows counts all of them. The report is
// returned beside an error of writing, because the verdict stands although the disk is full.
func (c *gateCall) joined() (*gate.Report, error) {
	var runs []*gate.Run
	var names []string
	for _, arg := range c.flags.Args() {
		if info, err := os.Stat(arg); err == nil && info.IsDir() {
			arg = filepath.Join(arg, gateRunName)
		}
		run, err := readRun(arg)
		if err != nil {
			return nil, fmt.Errorf("%w; -join needs the folder of -o of each shard, or the file %s in it", err, gateRunName)
		}
		names, runs = append(names, arg), append(runs, run)
	}
	whole, err := shards.Join(names, runs)
	if err != nil {
		return nil, err
	}
	kept, err := newRunFile(c.dir)
	if err == nil && kept != nil {
		err = errors.Join(gate.Write(kept, whole), kept.Close())
	}
	return gate.Judge(whole, c.judge), err
}

// readRun reads a run file. It reads a file of a run that was cut off as well: what was measured is judged,
// and the report says that the run is not complete.
func readRun(path string) (*gate.Run, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return gate.Read(path, f)
}

// replayed judges a recorded run. The rules of today apply, and the options of this call: a run
// file holds measurements and no verdicts.
//
// So a stricter -min-effect, or a new version with better statistics, can be tried on the runs
// of the past without measuring again.
func (c *gateCall) replayed() (*gate.Report, error) {
	run, err := readRun(c.replay)
	if err != nil {
		return nil, err
	}
	return gate.Judge(run, c.judge), nil
}

// judgedTexts judges two benchmark texts. They are read by the same reader as in the verb
// report, so broken lines and failures arrive in the verdict too. The most frequent mistake is
// to give two directories or two revisions as arguments; the error of reading then says which
// flags they belong to.
func (a app) judgedTexts(c *gateCall) (*gate.Report, error) {
	var sides [2]*reports.Log
	for i, in := range a.inputs(c.texts) {
		var err error
		if sides[i], err = reports.Read(in); err != nil {
			return nil, fmt.Errorf("%w; to compare revisions or directories, name them by -base, "+
				"or -old and -new", err)
		}
	}
	return gate.FromTexts(sides[0], sides[1], c.judge)
}

// duel measures both sides and judges the run, in this order: instructions, first stage, suspects,
// second stage, rows of more work once more, verdicts, profiles of rows that REGRESSED. The run file
// holds at any moment what was measured.
//
// The error of closing the run file is dropped: the file has no buffer, so every error of
// writing has come out of Write before.
func (a app) duel(ctx context.Context, c *gateCall) (*gate.Report, error) {
	kept, err := newRunFile(c.dir)
	if err != nil {
		return nil, err
	}
	defer kept.Close()
	progress := a.newDuelProgress()
	report, err := c.measureAndJudge(ctx, kept, progress.at)
	progress.end()
	// kept.file is nil as long as no line was written: an error before that must not name a file
	// that does not exist.
	if err != nil && kept != nil && kept.file != nil {
		err = fmt.Errorf("%w\nwhat was measured by then is in %s", err, kept.path)
	}
	return report, err
}

// measureAndJudge closes the duel on every way out. The first stage is judged by the options of the
// report: the promise on false alarms counts the suspects of these options, and no others.
//
// Each stage needs the verdicts of the stage before. Within a stage the duel itself asks the judge which
// rows are settled.
func (c *gateCall) measureAndJudge(
	ctx context.Context, kept *runFile, progress func(duel.Progress),
) (*gate.Report, error) {
	d, err := duel.Measure(ctx, c.duelOptions(kept, progress))
	if err != nil {
		return nil, err
	}
	if err := d.SecondStage(ctx, gate.Suspects(d.Run(), c.judge)); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if err := d.SecondStage(ctx, gate.Open(d.Run(), c.judge)); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	report := gate.Judge(d.Run(), c.judge)
	err = d.Reasons(ctx, report.NeedsReasons())
	if dir := c.profilesDir(); dir != "" && err == nil {
		err = d.Profile(ctx, dir, report.NeedsReasons())
	}
	if err := errors.Join(err, d.Close()); err != nil {
		return nil, err
	}
	// Paths are changed after Close, since the duel has written them into the run file by then.
	c.placeProfiles(d.Run())
	return report, nil
}

// duelOptions returns the part of the arguments that decides how to measure.
//
// An empty revision means the working tree; so -base without -head compares a revision with the
// tree as it is. kept is assigned under a condition, because a nil *runFile within the interface
// Out would not compare equal to nil.
func (c *gateCall) duelOptions(kept *runFile, progress func(duel.Progress)) duel.Options {
	o := c.measure
	o.Judge = c.judge
	o.Packages, o.Command, o.Progress = c.packages, c.command(), progress
	o.Old, o.New = duel.Source{Revision: c.base}, duel.Source{Revision: c.head}
	if c.old != "" {
		o.Old, o.New = duel.Source{Dir: c.old}, duel.Source{Dir: c.new}
	}
	if kept != nil {
		o.Out = kept
	}
	return o
}

// profilesDir returns the folder for profiles, or "" if the user wants none. Without -profile they go beside the
// report: a reader of a REGRESSED row looks for the reason next.
func (c *gateCall) profilesDir() string {
	if c.profiles != "" {
		return c.profiles
	}
	return c.dir
}

// placeProfiles makes the paths of profiles relative to the folder of the report, where readers
// look.
//
// A report that moves together with its folder then keeps its links. Where no relative path
// exists, as between two drives of Windows, the path stays as the user gave it.
func (c *gateCall) placeProfiles(run *gate.Run) {
	if c.profiles == "" {
		return // the profiles are beside the report
	}
	place := func(path *string) {
		if *path == "" {
			return
		}
		*path = filepath.Join(c.profiles, *path)
		if rel, err := filepath.Rel(c.dir, *path); c.dir != "" && err == nil {
			*path = rel
		}
	}
	for i := range run.Rows {
		place(&run.Rows[i].OldProfile)
		place(&run.Rows[i].NewProfile)
	}
}

// notRepeated are the flags that a command to measure rows again leaves out, each with the reason. Every other flag
// is repeated as it was set, so that a flag that is added later is repeated too, unless it gets a line here.
var notRepeated = map[string]string{
	"bench":       "package duel appends the pattern of the rows",
	"config":      "what the file sets is repeated as flags, and the file is switched off",
	"format":      "changes no measurement and no verdict",
	"o":           "the folder of the first run exists, and would be refused",
	"profile":     "its folder may be on another machine",
	"summary":     "its file belongs to the job that ran",
	"waivers":     "each waiver must match a row, and a command for one row has only that",
	"replay":      "measures nothing",
	"join":        "measures nothing",
	"shard":       "package duel appends it to the command of the run; a row alone may be in another shard",
	"exact":       "measures nothing",
	"trust-texts": "measures nothing",
}

// repeatedVariables are the variables of the environment that decide how the go command builds, or how a Go program
// runs. The report may be read where they have other values.
var repeatedVariables = []string{"GOFLAGS", "GOTOOLCHAIN", "GOWORK", "GOEXPERIMENT", "GOARCH", "GOAMD64", "GOARM64",
	"GO386", "GOARM", "CGO_ENABLED", "CGO_CFLAGS", "CGO_LDFLAGS", "GODEBUG", "GOGC", "GOMEMLIMIT", "GOMAXPROCS"}

// command returns the beginning of a command that measures rows of these sides again: the environment, the sides,
// and the flags, whether the command line or the configuration set them. Package duel appends the pattern of the
// rows and their packages.
//
// A flag is repeated if its value is not the default. All are written with an equals sign, so that a flag that needs
// no value has the same form. Where there is a configuration, or the user switched it off, the command does so too:
// otherwise the file would set the flags that had their defaults in this run.
func (c *gateCall) command() string {
	var words []string
	for _, name := range repeatedVariables {
		if value := os.Getenv(name); value != "" {
			words = append(words, name+"="+escape.Shell(value))
		}
	}
	words = append(words, "semabench gate")
	c.flags.VisitAll(func(f *flag.Flag) {
		_, left := notRepeated[f.Name]
		if value := f.Value.String(); !left && value != f.DefValue {
			words = append(words, "-"+f.Name+"="+escape.Shell(value))
		}
	})
	if c.configured || c.flags.given("config") {
		words = append(words, "-config=off")
	}
	return strings.Join(words, " ")
}

// A runFile is the file of a run. The first Write creates it: a file in a clean worktree would
// make the worktree dirty, and the report would say so.
type runFile struct {
	path string
	file *os.File
}

// newRunFile creates the folder and checks that it can be written: the user must hear of a problem
// before an hour of measuring, and not after it. It returns nil for the folder "".
//
// The probe is a file that is created and removed: permissions, a read-only mount and a full
// disk show up only when something is written.
func newRunFile(dir string) (*runFile, error) {
	if dir == "" {
		return nil, nil
	}
	path := filepath.Join(dir, gateRunName)
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("%s exists: name another folder with -o, or remove it", path)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder for the results: %w", err)
	}
	probe, err := os.CreateTemp(dir, ".gate-")
	if err != nil {
		return nil, fmt.Errorf("the folder for the results: %w", err)
	}
	return &runFile{path: path}, errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// Write is for io.Writer. O_EXCL keeps a second gate, started meanwhile, from writing into the same
// file.
//
// Lines are not buffered here. If the process is killed, the file has every pair that was
// measured, and -replay reads it.
func (f *runFile) Write(text []byte) (n int, err error) {
	if f.file == nil {
		f.file, err = os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return 0, err
		}
	}
	return f.file.Write(text)
}

// Close may be called on nil, as for a gate without a folder.
func (f *runFile) Close() error {
	if f == nil || f.file == nil {
		return nil
	}
	return f.file.Close()
}

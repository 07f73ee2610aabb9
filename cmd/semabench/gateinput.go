package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/semabench/semabench/internal/duel"
	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/gate"
)

func (c *gateCall) replayed() (*gate.Report, error) {
	f, err := os.Open(c.replay)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	run, err := gate.Read(c.replay, f)
	if err != nil {
		return nil, err
	}
	return gate.Judge(run, c.judge), nil
}

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

// duel measures both sides and judges the run, in this order: first stage, suspects, second stage,
// verdicts, profiles of rows that REGRESSED. The run file holds at any moment what was measured.
func (a app) duel(ctx context.Context, c *gateCall) (*gate.Report, error) {
	kept, err := newRunFile(c.dir)
	if err != nil {
		return nil, err
	}
	defer kept.Close()
	progress := a.newDuelProgress()
	report, err := c.measureAndJudge(ctx, kept, progress.at)
	progress.end()
	if err != nil && kept != nil && kept.file != nil {
		err = fmt.Errorf("%w\nwhat was measured by then is in %s", err, kept.path)
	}
	return report, err
}

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
	report := gate.Judge(d.Run(), c.judge)
	if dir := c.profilesDir(); dir != "" {
		err = d.Profile(ctx, dir, report.Regressed())
	}
	if err := errors.Join(err, d.Close()); err != nil {
		return nil, err
	}
	c.placeProfiles(d.Run())
	return report, nil
}

// duelOptions says what the arguments ask to be measured.
func (c *gateCall) duelOptions(kept *runFile, progress func(duel.Progress)) duel.Options {
	o := c.measure
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

func (c *gateCall) profilesDir() string {
	if c.profiles != "" {
		return c.profiles
	}
	return c.dir
}

// placeProfiles makes the paths of profiles such that they are found from the report.
func (c *gateCall) placeProfiles(run *gate.Run) {
	if c.profiles == "" {
		return // they are beside it
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

// command begins the command that measures a row of these sides again, with what changes how they are
// measured. Waivers are left out: each has to fit a row.
func (c *gateCall) command() string {
	words := []string{"semabench gate"}
	if flags := os.Getenv("GOFLAGS"); flags != "" { // a build tag, for one
		words[0] = "GOFLAGS=" + duel.Quote(flags) + " semabench gate"
	}
	for _, name := range []string{"base", "head", "old", "new", "pairs", "row-time", "silence"} {
		if c.flags.given(name) {
			words = append(words, "-"+name, duel.Quote(c.flags.Lookup(name).Value.String()))
		}
	}
	if c.judge.MinEffect > 0 { // a flag that is a function has no value
		words = append(words, fmt.Sprintf("-min-effect %g%%", 100*c.judge.MinEffect))
	}
	return strings.Join(words, " ")
}

// A runFile is the file of a run. It is made with its first line: before that there is nothing to keep,
// and a new file would make a clean worktree a dirty one.
type runFile struct {
	path string
	file *os.File
}

const gateRunName = "gate.jsonl"

// newRunFile makes the directory, so that one that cannot be written is refused before an hour of
// measuring and not after it. It returns nil for no directory.
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

func (f *runFile) Write(text []byte) (n int, err error) {
	if f.file == nil {
		f.file, err = os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return 0, err
		}
	}
	return f.file.Write(text)
}

func (f *runFile) Close() error {
	if f == nil || f.file == nil {
		return nil
	}
	return f.file.Close()
}

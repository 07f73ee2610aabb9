package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/benchkey"
	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/stats"
	"github.com/semabench/semabench/reports/gate"
	"github.com/semabench/semabench/reports/read"
)

// A Stamp places a run in the history of a branch. Both stand apart from the run, because no
// benchmark text has the date of its commit.
type Stamp struct {
	Commit string    // "" takes the commit that the text names
	Date   time.Time // of the commit, not of the measurement: runs are drawn in the order of commits
}

// A Run holds the medians of one benchmark run.
type Run struct {
	Stamp
	Added time.Time // when the run was put into the folder
	Base  string    // the commit that ratios of a gate refer to; "" without ratios
	Facts []Fact    // what the figures depend on besides the code
	Rows  []Median
	File  string // the file that holds the run; "" before Add
}

// A Fact is one line of the configuration.
type Fact struct{ Key, Value string }

// A Median is one row in one unit.
//
// The median of a run is kept and its samples are not. Samples of one run share the state of the
// machine in that hour, so they say little about the spread between runs, and a change has to
// exceed that spread.
type Median struct {
	Pkg, Name, Unit string
	Value           float64
	Samples         int
	Better          int  // +1 if more is better, -1 if less is
	Judged          bool // a gate found the row to be a regression
}

// Ratio is the unit of rows that come from a gate: the new time over the old one. It is its own
// unit so that the ratios of a gate and the times of a text are never one row.
const Ratio = "new/old"

// facts are the keys that are kept, in the order of the output. If their values change at the run of a change point,
// the report names the change with it. Other keys, such as the load, change with every run.
var facts = []string{benchkey.GOOS, benchkey.GOARCH, benchkey.CPU, benchkey.CPUs, benchkey.CPUQuota,
	benchkey.Kernel, benchkey.Go, benchkey.Build, benchkey.GoRuntime, benchkey.GOMAXPROCS}

// FromInput reads a run, from the JSON of semabench gate or else from benchmark text.
//
// The first sign decides: no benchmark text begins with a brace that has no event of go test behind
// it, and package read says what to do about JSON of another kind. The text is read into memory at
// once: the form is known only at its first sign, and the reader of benchmark texts has to begin
// there as well.
func FromInput(stamp Stamp, in read.Input) (Run, error) {
	text := in.Text
	if text == nil {
		f, err := os.Open(in.Name)
		if err != nil {
			return Run{}, err
		}
		defer f.Close()
		text = f
	}
	all, err := io.ReadAll(text)
	if err != nil {
		return Run{}, fmt.Errorf("reading %s: %w", in.Name, err)
	}
	var export gate.Export
	if strings.HasPrefix(strings.TrimSpace(string(all)), "{") && json.Unmarshal(all, &export) == nil &&
		export.Outcome != "" {
		return fromGate(stamp, export, in.Name)
	}
	return FromText(stamp, read.Input{Name: in.Name, Text: strings.NewReader(string(all))})
}

// FromText reads the medians of a benchmark text.
//
// A text with broken lines, with a failed program or with fewer lines than planned is refused. A
// report shows the good part of such a text beside a warning; here it would become a point that
// looks like any other, for years.
func FromText(stamp Stamp, in read.Input) (Run, error) {
	log, err := read.Read(in)
	if err != nil {
		return Run{}, err
	}
	switch f := log.Files[0]; {
	case len(log.Broken) > 0:
		return Run{}, fmt.Errorf("%s has broken lines, %d in all, the first is %w", in.Name,
			len(log.Broken), log.Broken[0])
	case len(log.Failures) > 0:
		return Run{}, fmt.Errorf("%s says that the program failed: %w", in.Name, log.Failures[0])
	case f.Partial():
		return Run{}, fmt.Errorf("%s is partial: %d of %d planned lines", in.Name, f.Present, f.Planned)
	}
	run := Run{Stamp: stamp}
	if run.Commit == "" {
		run.Commit = log.Series[0].Config(benchkey.Commit)
	}
	for _, key := range facts {
		if v := log.Series[0].Config(key); v != "" {
			run.Facts = append(run.Facts, Fact{key, v})
		}
	}
	run.Rows = medians(log)
	return run, run.check()
}

// medians pools the series of each row: their configurations differ in keys that are in the name as
// well, or in keys that no row of a history is told apart by. All values of a row are pooled before
// the median is taken. A median of medians would give a series with few values the weight of a long
// one.
func medians(log *read.Log) (list []Median) {
	type key struct{ pkg, name, unit string }
	pooled := map[key][]float64{}
	var order []key
	for _, s := range log.Series {
		for _, u := range s.Units {
			if !isKept(u.Unit, log) {
				continue
			}
			k := key{s.Config(benchkey.Pkg), strings.TrimPrefix(s.Name, "Benchmark"), u.Unit}
			if pooled[k] == nil {
				order = append(order, k)
			}
			pooled[k] = append(pooled[k], u.Values...)
		}
	}
	for _, k := range order {
		list = append(list, Median{Pkg: k.pkg, Name: k.name, Unit: k.unit,
			Value: stats.Median(pooled[k]), Samples: len(pooled[k]), Better: direction(k.unit, log)})
	}
	return list
}

// standard are the units of package testing with the direction that is better.
var standard = map[string]int{"sec/op": -1, "B/op": -1, "allocs/op": -1, "B/s": 1}

// isKept reports whether a history keeps a unit: a unit of package testing, the unit that decides, or
// the only unit of a text.
//
// Fewer units are fewer tests, so that each of them can show more. Latencies are in the bench.txt.
func isKept(unit string, log *read.Log) bool {
	if _, ok := standard[unit]; ok {
		return true
	}
	meta := log.Units.Get(unit, "decides")
	return unit == Ratio || meta != nil && meta.Value == "yes" || isLone(unit, log)
}

// isLone reports whether a unit is the only one of its text, and says which direction is better.
// The benchmark of such a text was written for this unit.
func isLone(unit string, log *read.Log) bool {
	for _, s := range log.Series {
		for _, u := range s.Units {
			if u.Unit != unit {
				return false
			}
		}
	}
	return direction(unit, log) != 0
}

// A unit of package testing keeps its direction, whatever a text says about it.
func direction(unit string, log *read.Log) int {
	if d, ok := standard[unit]; ok {
		return d
	}
	if unit == Ratio {
		return -1
	}
	return log.Units.GetBetter(unit)
}

// fromGate takes the ratios of a gate. Rows without a ratio are left out: a gate that counted
// instructions, or found two programs identical, has measured no time.
//
// An invalid or unfinished run of a gate is refused: its ratios rest on controls that failed. A
// commit with local changes has no place in a history, as no checkout gives it back; so its name is
// not taken from the gate.
func fromGate(stamp Stamp, e gate.Export, name string) (Run, error) {
	if len(e.Invalid) > 0 || len(e.Errors) > 0 {
		return Run{}, fmt.Errorf("%s is a gate that is invalid or has errors: %s", name,
			slices.Concat(e.Invalid, e.Errors)[0])
	}
	run := Run{Stamp: stamp, Base: e.Old.Revision}
	if run.Commit == "" && !e.New.Dirty {
		run.Commit = e.New.Revision
	}
	for _, f := range e.Facts {
		if slices.Contains(facts, f.Key) {
			run.Facts = append(run.Facts, Fact{f.Key, f.Value})
		}
	}
	for _, r := range e.Rows {
		v := float64(r.Ratio)
		// The negation catches NaN as well, for which every comparison is false.
		if !(v > 0) || math.IsInf(v, 0) {
			continue
		}
		run.Rows = append(run.Rows, Median{Pkg: r.Package, Name: strings.TrimPrefix(r.Name, "Benchmark"),
			Unit: Ratio, Value: v, Samples: max(r.Pairs, 1), Better: -1,
			Judged: r.Verdict == gate.Regressed && !r.LetPass})
	}
	if len(run.Rows) == 0 {
		return Run{}, fmt.Errorf("%s has no row with a ratio", name)
	}
	return run, run.check()
}

// The name is part of the name of a file and of a git command, so no other character may be in it.
var commitName = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{3,63}$`)

// check returns an error for a run that has no place in a history.
//
// A date in the future would put the run behind all that follow it, for as long as the clock needs.
func (r *Run) check() error {
	switch {
	case r.Commit == "" || r.Commit == "unknown":
		return errors.New("no commit is named: -commit SHA")
	case strings.HasSuffix(r.Commit, "+dirty"):
		return fmt.Errorf("the text is of %s, a commit with local changes: -commit SHA says to which it "+
			"belongs", r.Commit)
	case !commitName.MatchString(r.Commit):
		return fmt.Errorf("commit %q: want 4 to 64 letters, digits, dots, hyphens and underscores",
			escape.Printable(r.Commit))
	case r.Date.IsZero():
		return errors.New("no date of the commit is named: -date $(git log -1 --format=%cI)")
	// A day, for clocks and time zones that are set wrongly.
	case r.Date.After(time.Now().Add(24 * time.Hour)):
		return fmt.Errorf("the date %s is in the future", r.Date.Format(time.RFC3339))
	}
	return nil
}

// Keys of the small texts, besides the keys of package benchkey.
const (
	keyHistory = "history"     // the version of the form
	keyDate    = "commit-date" // RFC 3339
	keyAdded   = "added"       // RFC 3339
	keyBase    = "base"
	judged     = "regressed" // the unit of rows that a gate found to be regressions
	version    = "1"
)

// text returns the small text of a run. planned-samples lets a reader see that a text was cut off.
//
// It is a benchmark text, so benchstat and the reports of this module read a file of the folder as
// well. Ten digits are more than any measurement has.
func (r *Run) text() string {
	var b strings.Builder
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, value)
		}
	}
	line(keyHistory, version)
	line(benchkey.Commit, r.Commit)
	line(keyDate, r.Date.UTC().Format(time.RFC3339))
	line(keyAdded, r.Added.UTC().Format(time.RFC3339Nano))
	line(keyBase, r.Base)
	for _, f := range r.Facts {
		line(f.Key, f.Value)
	}
	lines, pkg := r.lines(), ""
	fmt.Fprintf(&b, "planned-samples: %d\n", len(lines))
	for _, m := range r.Rows {
		if _, ok := standard[m.Unit]; !ok && m.Better != 0 {
			better := map[int]string{1: "higher", -1: "lower"}[m.Better]
			if unit := fmt.Sprintf("Unit %s better=%s decides=yes\n", m.Unit, better); !strings.Contains(
				b.String(), unit) {
				b.WriteString(unit)
			}
		}
	}
	for _, l := range lines {
		if l[0].Pkg != pkg {
			pkg = l[0].Pkg
			fmt.Fprintf(&b, "pkg: %s\n", pkg)
		}
		fmt.Fprintf(&b, "Benchmark%s %d", l[0].Name, l[0].Samples)
		for _, m := range l {
			b.WriteString(" " + strconv.FormatFloat(m.Value, 'g', 10, 64) + " " + m.Unit)
			if m.Judged {
				b.WriteString(" 1 " + judged)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// lines groups the medians by row, the rows by package. The sort is stable and by package only:
// rows keep the order in which the benchmarks ran.
func (r *Run) lines() (list [][]Median) {
	places := map[[2]string]int{}
	for _, m := range r.Rows {
		k := [2]string{m.Pkg, m.Name}
		i, ok := places[k]
		if !ok {
			i = len(list)
			places[k], list = i, append(list, nil)
		}
		list[i] = append(list[i], m)
	}
	slices.SortStableFunc(list, func(a, b []Median) int { return strings.Compare(a[0].Pkg, b[0].Pkg) })
	return list
}

// parse reads the small text of a run. A newer version is refused and not guessed at: half a run
// would become a point.
func parse(file string) (Run, error) {
	log, err := read.Read(read.Input{Name: file})
	if err != nil {
		return Run{}, err
	}
	first, f := log.Series[0], log.Files[0]
	switch {
	case first.Config(keyHistory) == "":
		return Run{}, fmt.Errorf("%s: no text of a history; to add its run: -add", file)
	case first.Config(keyHistory) != version:
		return Run{}, fmt.Errorf("%s: version %q of the form, this program knows %s", file,
			escape.Printable(first.Config(keyHistory)), version)
	case len(log.Broken) > 0:
		return Run{}, log.Broken[0]
	case f.Planned == 0 || f.Partial():
		return Run{}, fmt.Errorf("%s: cut off: %d of %d lines", file, f.Present, f.Planned)
	}
	run := Run{Base: first.Config(keyBase), File: file}
	run.Commit = first.Config(benchkey.Commit)
	if run.Date, err = time.Parse(time.RFC3339, first.Config(keyDate)); err != nil {
		return Run{}, fmt.Errorf("%s: %s: %w", file, keyDate, err)
	}
	if run.Added, err = time.Parse(time.RFC3339, first.Config(keyAdded)); err != nil {
		return Run{}, fmt.Errorf("%s: %s: %w", file, keyAdded, err)
	}
	for _, key := range facts {
		if v := first.Config(key); v != "" {
			run.Facts = append(run.Facts, Fact{key, v})
		}
	}
	run.Rows = medians(log)
	for i, m := range run.Rows {
		run.Rows[i].Judged = m.Unit == Ratio && isJudged(log, m)
	}
	if err := run.check(); err != nil {
		return Run{}, fmt.Errorf("%s: %w", file, err)
	}
	return run, nil
}

// The mark is a unit of its own on the line of the row, since a benchmark text has no other place
// for it.
func isJudged(log *read.Log, m Median) bool {
	for _, s := range log.Series {
		if s.Config(benchkey.Pkg) == m.Pkg && strings.TrimPrefix(s.Name, "Benchmark") == m.Name {
			return slices.ContainsFunc(s.Units, func(u read.Values) bool { return u.Unit == judged })
		}
	}
	return false
}

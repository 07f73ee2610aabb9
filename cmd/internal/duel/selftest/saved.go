package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/gate"
)

// anchorPackage has the rows of every direct family.
const anchorPackage = "./cmd/internal/duel/anchor"

// A family is one whole gate of the anchor against itself.
type family struct {
	run    *gate.Run
	report *gate.Report
	took   time.Duration
}

// A recording is all direct families. drawn is fixed, and the number of direct families is a matter
// of time.
type recording struct {
	wanted   int           // families
	limit    time.Duration // of measuring
	earlier  int           // families that an earlier selftest saved
	drawn    int           // families to draw from the pairs of the direct families
	families []family
}

// took is the key of the fact that says how long a family took, with linking and controls. The run
// of a gate has no place for it, so it stands among the facts.
const took = "took"

// load reads the families that were saved in a directory, in order. There may
// be none. Families of other conditions are refused: a mean over two machines
// would describe neither.
func load(dir string) ([]family, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "family-*.jsonl"))
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	var all []family
	for _, path := range paths {
		f, err := loadOne(path)
		if err != nil {
			return nil, err
		}
		if len(all) > 0 && !slices.Equal(conditions(f.run), conditions(all[0].run)) {
			return nil, fmt.Errorf("%s was measured under other conditions than %s: %v and %v; "+
				"keep them in another directory", path, paths[0], conditions(f.run), conditions(all[0].run))
		}
		all = append(all, f)
	}
	return all, nil
}

// loadOne reads one family. The report is not in the file: the run is judged again. So a family
// that was saved by an older version is judged by the rules of this one. A run that was stopped is
// refused, because the rows that it lacks are no random choice.
func loadOne(path string) (f family, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return f, err
	}
	if f.run, err = gate.Read(path, bytes.NewReader(text)); err != nil {
		return f, err
	}
	i := slices.IndexFunc(f.run.Facts, func(f reports.Fact) bool { return f.Key == took })
	if i < 0 || f.run.Stopped != "" {
		return f, fmt.Errorf("%s is no whole family: remove it", path)
	}
	f.took, err = time.ParseDuration(f.run.Facts[i].Value)
	f.report = gate.Judge(f.run, gate.Options{})
	return f, err
}

// conditions returns the facts that must be equal for families to stand in one
// table. Facts that differ from run to run by their nature are left out.
func conditions(run *gate.Run) (facts []reports.Fact) {
	for _, f := range append(slices.Clone(run.Old.Facts), run.Facts...) {
		if !slices.Contains([]string{"load", "seed", "started", took, gate.InstructionsFact}, f.Key) {
			facts = append(facts, f)
		}
	}
	return facts
}

// save notes in the run how long the family took, and writes it into dir if that is not "". Slices
// are left out: with them 30 families would take 300 MB. The name has three digits, so the names
// sort in the order of the numbers.
func (f family) save(dir string, number int) error {
	duration := f.took.Round(time.Millisecond).String()
	f.run.Facts = append(f.run.Facts, reports.Fact{Key: took, Value: duration})
	if dir == "" {
		return nil
	}
	for i := range f.run.Rows {
		withoutSlices(f.run.Rows[i].Pairs)
		withoutSlices(f.run.Rows[i].Second)
	}
	for i := range f.run.Controls {
		withoutSlices(f.run.Controls[i].Row.Pairs)
	}
	var text bytes.Buffer
	if err := gate.Write(&text, f.run); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	path := filepath.Join(dir, fmt.Sprintf("family-%03d.jsonl", number))
	return os.WriteFile(path, text.Bytes(), 0o666)
}

// withoutSlices drops the slices of pairs in place. No test of a trial uses them.
func withoutSlices(pairs []gate.Pair) {
	for i := range pairs {
		pairs[i].OldSlices, pairs[i].NewSlices = nil, nil
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/reports"
)

// A size is how much run measures.
type size struct {
	samples   int           // 6 are the fewest that give a 95 % interval of a median
	benchtime time.Duration // of one sample
	full      bool          // with the shapes in Workload.More
}

var (
	quickSize   = size{samples: 6, benchtime: 50 * time.Millisecond}
	defaultSize = size{samples: 6, benchtime: 100 * time.Millisecond}
	fullSize    = size{samples: 20, benchtime: 250 * time.Millisecond, full: true}
)

const textName = "bench.txt"

// run measures and reports. The text file is complete up to the last sample at any moment, and
// everything after it can be made again from it with report.
func (a app) run(ctx context.Context, args []string) error {
	f := a.flags("run", "[flags]", "Measures implementations on this machine, each sample in a process of its own and\n"+
		"implementations in turns, and writes "+textName+" and a report as text, Markdown and HTML.")
	implNames := f.String("impl", "all", "implementations to measure, separated by commas")
	var params bench.Params
	params.AddFlags(f.FlagSet, "")
	quick := f.Bool("quick", false, "half of the time per sample")
	full := f.Bool("full", false, "more shapes, more samples, more time per sample")
	dir := f.String("o", "", "folder for the results (default results/<time>)")
	samples := f.Int("samples", 0, "samples of each row, instead of those of the size")
	if err := f.parse(args); err != nil {
		return err
	}
	chosen, err := chooseImpls(*implNames, a.table)
	if err != nil {
		return err
	}
	s, err := sizeOf(*quick, *full, *samples)
	if err != nil {
		return err
	}
	cases, err := params.Cases(s.full)
	if err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if *dir == "" {
		*dir = filepath.Join("results", time.Now().UTC().Format("20060102-150405"))
	}
	text, err := newText(*dir)
	if err != nil {
		return err
	}
	defer text.Close()
	m := &measurement{
		app:       a,
		text:      text,
		benchtime: s.benchtime,
		rows:      schedule(cases, chosen, s.samples),
		samples:   s.samples,
		failed:    map[string]error{},
	}
	measured := m.measure(ctx)
	return errors.Join(measured, a.reportOn(text.Name(), *dir, measured))
}

func sizeOf(quick, full bool, samples int) (size, error) {
	s := defaultSize
	switch {
	case quick && full:
		return s, errors.New("-quick and -full exclude each other")
	case samples < 0:
		return s, fmt.Errorf("-samples=%d: want a positive number", samples)
	case quick:
		s = quickSize
	case full:
		s = fullSize
	}
	if samples > 0 {
		s.samples = samples
	}
	return s, nil
}

// newText makes the folder and an empty text file in it. It does not touch an older one.
func newText(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder for the results: %w", err)
	}
	path := filepath.Join(dir, textName)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%s exists: name another folder with -o, or remove it", path)
	}
	if err != nil {
		return nil, fmt.Errorf("making the file for the results: %w", err)
	}
	return f, nil
}

// reportOn writes the report on what was measured, also where that ended early.
func (a app) reportOn(text, dir string, measured error) error {
	c, err := compare("", reports.Input{Name: text})
	if err != nil {
		if measured != nil {
			return fmt.Errorf("no report: nothing was measured")
		}
		return fmt.Errorf("%w: %w", errFlawed, err)
	}
	paths, err := reports.WriteDir(dir, c)
	if err != nil {
		return fmt.Errorf("%w: %w", errFlawed, err)
	}
	a.printPaths(append([]string{text}, paths...))
	return nil
}

func (a app) printPaths(paths []string) {
	for _, path := range paths {
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		fmt.Fprintln(a.stdout, path)
	}
}

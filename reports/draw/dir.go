package draw

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/semabench/semabench/reports/compare"
)

// WriteDir writes report.txt, report.md, report.html, report.csv and report.json into dir, which it
// makes if needed, and the pictures that report.md shows: report-heat.svg, report-ratios.svg,
// report-scaling.svg and report-latency.svg, as far as c has figures for them. It returns
// their paths in this order, and removes those of these pictures that an earlier report had and
// this one has not.
//
// All are complete on disk before the first takes its name, so a failure leaves the files
// of an earlier report as they were. Only a failing rename, which on one file system is no matter
// of space or of c, could leave a mixture; the error then names the file that is old.
func WriteDir(dir string, c *compare.Comparison) ([]string, error) { return HTML{}.WriteDir(dir, c) }

// WriteDir is the function of that name with h for the page.
func (h HTML) WriteDir(dir string, c *compare.Comparison) ([]string, error) {
	const prefix = "report"
	drawings := newDrawings(c)
	outputs := []outputFile{
		{prefix + ".txt", WriteText},
		{prefix + ".md", Markdown{Pictures: prefix}.Write},
		{prefix + ".html", h.Write},
		{prefix + ".csv", WriteCSV},
		{prefix + ".json", WriteJSON},
	}
	for _, d := range drawings {
		outputs = append(outputs, outputFile{svgName(prefix, d.kind), d.write})
	}
	paths, err := writeAll(dir, c, outputs)
	if err != nil {
		return nil, err
	}
	return paths, removeStale(dir, prefix, drawings)
}

// removeStale removes pictures that the report does not show; they are of other figures.
func removeStale(dir, prefix string, drawings []drawing) error {
	for _, kind := range drawingKinds {
		if slices.ContainsFunc(drawings, func(d drawing) bool { return d.kind == kind }) {
			continue
		}
		err := os.Remove(filepath.Join(dir, svgName(prefix, kind)))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("removing a picture of an earlier report: %w", err)
		}
	}
	return nil
}

type outputFile struct {
	name  string
	write func(io.Writer, *compare.Comparison) error
}

func writeAll(dir string, c *compare.Comparison, outputs []outputFile) (paths []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	var temps []string
	defer func() {
		for _, t := range temps {
			os.Remove(t) // already renamed if all went well
		}
	}()
	for _, out := range outputs {
		temp, err := writeTemp(dir, out, c)
		if temp != "" {
			temps = append(temps, temp)
		}
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", filepath.Join(dir, out.name), err)
		}
	}
	for i, out := range outputs {
		path := filepath.Join(dir, out.name)
		if err := os.Rename(temps[i], path); err != nil {
			return nil, fmt.Errorf("replacing %s: %w", path, err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// writeTemp returns the name of the file as soon as there is one, even with an error.
func writeTemp(dir string, out outputFile, c *compare.Comparison) (string, error) {
	f, err := os.CreateTemp(dir, ".report-*")
	if err != nil {
		return "", err
	}
	err = out.write(f, c)
	if err == nil {
		err = f.Chmod(0o644) // CreateTemp keeps files from everybody else; a report is to be read
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return f.Name(), err
}

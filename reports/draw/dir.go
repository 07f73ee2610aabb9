// Package draw writes a comparison as text, Markdown, an HTML page, SVG pictures, CSV, JSON, and
// as a heat map on a terminal.
//
//	paths, err := draw.WriteDir("results", c)
//
// Files named html… make the page; a pageBuilder fills it within a limit of bytes. words.go has
// the sentences that several outputs share, and heatmap.go decides how a cell is shown. No
// output computes statistics: they all read the fields of [compare.Comparison].
//
// # What this does not show
//
// Pictures, Markdown and the terminal show the first rows of a large comparison, and the page
// what fits in 600 kB. Only the text, CSV and JSON outputs are complete.
package draw

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/semabench/semabench/reports/compare"
)

// WriteDir writes report.txt, report.md, report.html, report.csv and report.json into dir, and
// the pictures that report.md shows: report-heat.svg, report-ratios.svg, report-scaling.svg and
// report-latency.svg, as far as c has figures for them. It makes dir if needed. It returns the
// paths in this order, and removes the pictures of an earlier report that this one lacks.
//
// All files are complete on disk before the first takes its final name, so an error leaves an
// earlier report as it was. Only a failing rename could leave a mixture of old and new files. A
// rename within one directory does not fail for lack of space; if one fails, the error names the
// first file that is still old.
func WriteDir(
	dir string, c *compare.Comparison,
) ([]string, error) {
	return HTML{}.WriteDir(dir, c)
}

// WriteDir is the function WriteDir with h for the page.
//
// The Markdown names its pictures without a folder, because they lie beside it.
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

// removeStale removes the pictures of an earlier report that this report lacks. They would show
// figures of another measurement.
//
// It runs after the new files are in place. If it ran before, an error of writing would leave
// the old Markdown without its pictures.
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

// An outputFile is the name of a file and the function that writes it.
type outputFile struct {
	name  string
	write func(io.Writer, *compare.Comparison) error
}

// writeAll writes all outputs to temporary files and then renames them; see WriteDir.
//
// A file is written completely and closed before any is renamed, since Close can report a full
// disk. The temporary files are in the same directory, because a rename between file systems is
// a copy, and no longer atomic.
func writeAll(dir string, c *compare.Comparison, outputs []outputFile) (paths []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	if err := removeAbandoned(dir); err != nil {
		return nil, fmt.Errorf("removing what a killed process left: %w", err)
	}
	var temps []string
	defer func() {
		for _, t := range temps {
			os.Remove(t) // fails harmlessly for the files that were renamed
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

// tempPrefix begins the names of temporary files. The number of the process that writes them
// follows.
const tempPrefix = ".report-"

// removeAbandoned removes the temporary files of processes that no longer run: a process that is
// killed cannot remove its own. Files of running processes stay, as two reports may go into one
// directory.
//
// A number may have been given to a new process meanwhile. The file then stays until a later
// report: keeping a file too long is harmless, removing one in use is not.
func removeAbandoned(dir string) error {
	left, err := filepath.Glob(filepath.Join(escapedPattern.Replace(dir), tempPrefix+"*"))
	if err != nil {
		return err
	}
	for _, path := range left {
		name := strings.TrimPrefix(filepath.Base(path), tempPrefix)
		owner, _, _ := strings.Cut(name, "-")
		pid, err := strconv.Atoi(owner)
		// A name without a number belongs to no known process, and its file is removed.
		if err == nil && isRunning(pid) {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// escapedPattern escapes the signs of a directory that have a meaning for filepath.Glob.
var escapedPattern = strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`, `\`, `\\`)

// isRunning reports whether a process of this number runs, or may run.
//
// The kernel delivers no signal 0, and only checks whether it could. EPERM means that
// the process exists and belongs to another user. The answer is about this machine: on a shared
// folder, processes of other machines count as ended.
func isRunning(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, os.ErrPermission)
}

// writeTemp returns the name of the temporary file, also with an error, so that the caller can
// remove the file.
func writeTemp(dir string, out outputFile, c *compare.Comparison) (string, error) {
	f, err := os.CreateTemp(dir, fmt.Sprintf("%s%d-*", tempPrefix, os.Getpid()))
	if err != nil {
		return "", err
	}
	err = out.write(f, c)
	if err == nil {
		err = f.Chmod(0o644) // CreateTemp makes files that only the owner can read
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return f.Name(), err
}

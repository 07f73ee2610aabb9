package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/semabench/semabench/reports/gate"
)

// gateFormats are the formats of the report. file is the name in the folder of -o.
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

func gateFormatNames() (names []string) {
	for _, f := range gateFormats {
		names = append(names, f.name)
	}
	return names
}

func (c *gateCall) checkFormat() error {
	for _, f := range gateFormats {
		if f.name == c.format {
			return nil
		}
	}
	return fmt.Errorf("unknown format %q; known are %s", c.format,
		strings.Join(gateFormatNames(), ", "))
}

// writeGate prints the report, and writes it to every place that the user named. An output that
// cannot be written does not stop the others, because the verdict took long to get.
func (a app) writeGate(c *gateCall, r *gate.Report) error {
	var errs []error
	for _, f := range gateFormats {
		if f.name == c.format {
			errs = append(errs, f.write(a.stdout, r))
		}
	}
	if c.dir != "" {
		errs = append(errs, a.writeGateDir(c.dir, r))
	}
	if page := cmp.Or(c.summary, os.Getenv("GITHUB_STEP_SUMMARY")); page != "" {
		errs = append(errs, addSummary(page, r))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// writeGateDir writes all formats into a folder. It names the folder on standard error: standard
// output may have to be valid JSON.
func (a app) writeGateDir(dir string, r *gate.Report) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var errs []error
	for _, f := range gateFormats {
		var text bytes.Buffer
		err := f.write(&text, r)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, f.file), text.Bytes(), 0o644)
		}
		errs = append(errs, err)
	}
	fmt.Fprintf(a.stderr, "the report is in %s\n", dir)
	return errors.Join(errs...)
}

// addSummary appends the Markdown to a file. Other steps of the CI job append to the same file.
func addSummary(path string, r *gate.Report) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(gate.WriteMarkdown(f, r), f.Close())
}

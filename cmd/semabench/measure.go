package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/machine"
)

// A row is a case with the implementation that it measures.
type row struct {
	bench.Case
	impl impls.Impl
}

func (r row) String() string { return r.Name(r.impl) }

// schedule returns the rows in the order in which samples are taken: one of each, then one of each
// again. Implementations of one case follow each other at once, so that they meet the same
// moods of the machine, and who goes first changes from round to round.
func schedule(cases []bench.Case, all []impls.Impl, samples int) []row {
	var rows []row
	for round := range samples {
		for _, c := range cases {
			for _, impl := range turn(all, round) {
				rows = append(rows, row{c, impl})
			}
		}
	}
	return rows
}

// turn returns all in an order in which, over the rounds, each takes each place equally often:
// rotated, and every other time backwards.
func turn(all []impls.Impl, round int) []impls.Impl {
	first := round / 2 % len(all)
	turned := slices.Concat(all[first:], all[:first])
	if round%2 == 1 {
		slices.Reverse(turned)
	}
	return turned
}

// A measurement takes samples of rows and appends them to a text.
type measurement struct {
	app
	text      io.Writer
	benchtime time.Duration
	rows      []row
	samples   int // of each row

	workload string           // that the text is in
	taken    int              // samples in the text
	failed   map[string]error // by name of the row
}

// measure takes all samples that it can. A row that fails is not tried again; the others
// go on.
func (m *measurement) measure(ctx context.Context) error {
	if err := m.header(); err != nil {
		return err
	}
	progress := m.newProgress(len(m.rows))
	for i, r := range m.rows {
		if m.failed[r.String()] == nil {
			line, err := m.sample(ctx, r)
			if ctx.Err() != nil {
				break
			}
			if err != nil {
				m.failed[r.String()] = err
				progress.say(fmt.Sprintf("%v: %v", r, err))
			} else if err := m.keep(r, line); err != nil {
				return fmt.Errorf("%w: the report is partial: keeping a sample: %w", errFlawed, err)
			}
		}
		progress.at(i + 1)
	}
	progress.end()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w: the report is partial, %d of %d samples were taken",
			errInterrupted, m.taken, len(m.rows))
	case len(m.failed) > 0:
		return m.failures()
	}
	return nil
}

func (m *measurement) header() error {
	facts := machine.Read()
	_, err := fmt.Fprintf(m.text, "goos: %s\ngoarch: %s\npkg: github.com/semabench/semabench/bench\n",
		facts.GOOS, facts.GOARCH)
	if err == nil {
		err = bench.WriteHeader(m.text, "interleaved")
	}
	if err == nil {
		_, err = fmt.Fprintf(m.text, "planned-samples: %d\n", len(m.rows))
	}
	return err
}

// sample takes one sample in a process of its own and returns its line.
func (m *measurement) sample(ctx context.Context, r row) (line []byte, err error) {
	// A sample takes one or two benchtimes. What takes this much longer is stuck.
	limit := time.Minute + 20*m.benchtime
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("stopped after %v", limit))
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, sampleArgs(r, m.benchtime)...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	line, err = cmd.Output()
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, firstLines(complaint.String(), 3))
	}
	return line, nil
}

// keep appends the line of a sample to the text.
func (m *measurement) keep(r row, line []byte) error {
	if r.Workload.Name != m.workload {
		m.workload = r.Workload.Name
		line = append(fmt.Appendf(nil, "workload: %s\n", m.workload), line...)
	}
	if _, err := m.text.Write(line); err != nil {
		return err
	}
	m.taken++
	return nil
}

// failures names each row that failed.
func (m *measurement) failures() error {
	errs := []error{fmt.Errorf("%w: %d rows failed, the report is partial", errFlawed, len(m.failed))}
	for _, r := range m.rows[:len(m.rows)/m.samples] {
		if err := m.failed[r.String()]; err != nil {
			errs = append(errs, fmt.Errorf("%v: %w", r, err))
		}
	}
	return errors.Join(errs...)
}

// firstLines keeps the beginning of what a process said before it died: there the cause is named.
func firstLines(s string, most int) string {
	lines := strings.SplitN(strings.TrimSpace(s), "\n", most+1)
	return strings.Join(lines[:min(most, len(lines))], "\n")
}

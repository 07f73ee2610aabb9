package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/semabench/semabench/cmd/semabench/sampler"
	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/machine"
)

// A measurement takes samples of rows and appends them to a text.
type measurement struct {
	app
	plan
	programs
	program program // of the round at hand
	linked  int     // round that it was made for
	begun   int     // rounds
	text    io.Writer
	rows    []row
	taken   []bool           // which samples are in the text
	failed  map[string]error // by name of the row

	workload string // that the text is in
	costs    *costs
}

// measure takes all samples that it can. A row that fails is not tried again; the others
// go on.
func (m *measurement) measure(ctx context.Context) error {
	shown := m.newProgress()
	for i, r := range m.rows {
		if m.taken[i] {
			continue
		}
		if m.left(i) {
			err := m.begin(ctx, r.round)
			if err == nil {
				err = m.take(ctx, i, shown)
			}
			if err != nil {
				shown.end()
				return err
			}
		}
		shown.update(i+1, m.timeLeft)
	}
	shown.end()
	if len(m.failed) > 0 {
		return m.failures()
	}
	return nil
}

// left reports whether the i'th sample is to be taken.
func (m *measurement) left(i int) bool { return !m.taken[i] && m.failed[m.rows[i].String()] == nil }

// begin links the program of a round before its first sample. Nothing is measured meanwhile: a
// linker is noise.
func (m *measurement) begin(ctx context.Context, round int) error {
	if round < m.begun {
		return nil
	}
	m.begun = round + 1
	seed := layoutSeed(m.seed, round)
	if round != m.linked {
		began := time.Now()
		next, err := m.link(ctx, seed)
		m.costs.link(time.Since(began))
		switch {
		case ctx.Err() != nil:
			return m.interrupted()
		case err != nil:
			return fmt.Errorf("%w: the report is partial: linking for round %d: %w", exitcode.ErrFailed, round+1, err)
		case next.code != m.program.code:
			return fmt.Errorf("%w: the report is partial: in round %d the code is another, %s instead of %s: "+
				"put it back as it was and go on with -resume", exitcode.ErrFailed, round+1, next.code, m.program.code)
		}
		m.program, m.linked = next, round
	}
	return m.write(fmt.Sprintf("%s%d in round %d of %d\n", seedKey, seed, round+1, m.samples))
}

// take takes the i'th sample. An error is one with which nothing more can be measured.
func (m *measurement) take(ctx context.Context, i int, shown *sampleProgress) error {
	r := m.rows[i]
	began := time.Now()
	line, err := m.sample(ctx, r)
	if ctx.Err() != nil {
		return m.interrupted()
	}
	if err != nil {
		m.failed[r.String()] = err
		shown.print(fmt.Sprintf("%v: %v", r, err))
		return m.write(fmt.Sprintf("%s%v: %s\n", failedKey, r, excerpt.Lines(err.Error(), 1)))
	}
	m.costs.sample(r, time.Since(began))
	if r.Workload.Name != m.workload {
		m.workload = r.Workload.Name
		line = workloadKey + m.workload + "\n" + line
	}
	if err := m.write(line); err != nil {
		return err
	}
	m.taken[i] = true
	return nil
}

// sample takes one sample in a process of its own and returns its line, with the noise meanwhile.
func (m *measurement) sample(ctx context.Context, r row) (line string, err error) {
	// A sample takes two or three benchtimes. What takes this much longer is stuck.
	limit := time.Minute + 20*m.benchtime
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("stopped after %v", limit))
	defer cancel()
	watch := machine.StartWatch()
	line, err = m.program.ask(ctx, sampler.Request{Row: r.String(), Benchtime: m.benchtime})
	if cause := context.Cause(ctx); cause != nil {
		return "", cause
	}
	if err != nil {
		return "", err
	}
	line = strings.TrimSuffix(line, "\n")
	for _, n := range watch.Noise() {
		line += fmt.Sprintf("\t%8.3f %s", n.Value, n.Unit)
	}
	return line + "\n", nil
}

// ask starts the program and returns what it answers.
func (p program) ask(ctx context.Context, r sampler.Request) (string, error) {
	cmd := exec.CommandContext(ctx, p.path, append(p.args, r.Args()...)...)
	child.OwnGroup(cmd)
	var answer, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &answer, &complaint
	err := machine.StartFirst(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	child.AwaitSignal(ctx, err)
	if said := excerpt.Lines(complaint.String(), 3); err != nil && said != "" {
		return "", fmt.Errorf("%w: %s", err, said)
	}
	return answer.String(), err
}

func (m *measurement) write(s string) error {
	if _, err := io.WriteString(m.text, s); err != nil {
		return fmt.Errorf("%w: the report is partial: keeping a sample: %w", exitcode.ErrFailed, err)
	}
	return nil
}

func (m *measurement) interrupted() error {
	return fmt.Errorf("%w: the report is partial, %d of %d samples were taken; go on with -resume",
		exitcode.ErrInterrupted, m.done(), len(m.rows))
}

// complete reports whether nothing is left to take.
func (m *measurement) complete() bool {
	for i := range m.rows {
		if m.left(i) {
			return false
		}
	}
	return true
}

// done returns how many samples there are.
func (m *measurement) done() (n int) {
	for _, taken := range m.taken {
		if taken {
			n++
		}
	}
	return n
}

// failures names each row that failed.
func (m *measurement) failures() error {
	errs := []error{fmt.Errorf("%w: %s, the report is partial", exitcode.ErrFailed,
		failedRows(len(m.failed)))}
	for _, r := range m.rows[:len(m.rows)/m.samples] {
		if err := m.failed[r.String()]; err != nil {
			errs = append(errs, fmt.Errorf("%v: %w", r, err))
		}
	}
	return errors.Join(errs...)
}

func failedRows(n int) string {
	if n == 1 {
		return "1 row failed"
	}
	return fmt.Sprint(n, " rows failed")
}

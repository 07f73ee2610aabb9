package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/semabench/semabench/cmd/semabench/sampler"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/machine"
	"github.com/semabench/semabench/reports"
)

const textName = "bench.txt"

const runDoc = `Measures implementations on this machine and writes ` + textName + ` and a report as text,
Markdown and HTML. It says beforehand how many samples it takes, and about how long that is.

Each sample is taken in a process of its own, implementations in turns. A round takes one
sample of each row, with a program that is linked for it in a random order: where code lies
can make it 5 to 9 % faster or slower, and so varies between samples instead of being one
program's luck. That needs the go tool, and the working directory in this module or in one that
requires it. Elsewhere this executable takes all samples, it is said, and the text has
"layout: one" instead of "layout: random".

-impl also takes constructors of packages, yours or others': func(int64) T or func(int) T,
where T has Acquire(ctx, n) error, TryAcquire(n) bool and Release(n). For instance

    semabench run -impl all,./mine.New,fair=example.org/sem.NewFair

in any module. Nothing is written into it, and its go.mod stays as it is.

Warm-up: each process keeps all cores busy for 20 ms, and then does the row for an eighth of the
time, by which it knows how many operations fill all of it. None of that is in the figures.

Priority: where that is allowed, to root on Linux, a sample gets a core before all other processes.
The text says whether: "priority: -20".

Noise: where Linux tells, each line has what the machine did while its process ran:
noise-foreign-cores and noise-steal-cores, cores that other processes and other guests of the
hypervisor kept busy; noise-psi-cpu, the share of the time in which some thread waited for a
core, those of the sample too; noise-load1, the load average. They judge a sample and not
an implementation, so neither more nor less is better.

Ctrl-C keeps what was measured and reports it. -resume DIR goes on with the plan in DIR at the
sample where it was, after a crash too. It refuses, and says why, if the machine, its
settings, Go, the commit or the code are not the same.`

// run measures and reports. The text file is complete up to the last sample at any moment, and
// everything after it can be made again from it with report.
func (a app) run(ctx context.Context, args []string) error {
	f := a.flags("run", "[flags]", runDoc)
	var flags planFlags
	flags.addTo(f)
	dir := f.String("o", "", "folder for the results (default results/<time>)")
	resume := f.String("resume", "", "go on with an interrupted run, whose results are in this folder")
	if err := f.parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if *resume != "" {
		if f.NFlag() > 1 {
			return fmt.Errorf("-resume goes on with the plan in %s: it takes no other flag", *resume)
		}
		return a.resume(ctx, *resume)
	}
	plan, err := flags.plan(a)
	if err != nil {
		return err
	}
	if *dir == "" {
		*dir = filepath.Join("results", time.Now().UTC().Format("20060102-150405"))
	}
	return a.start(ctx, plan, *dir)
}

// start measures a plan from its beginning. Nothing is written before it is known that there is
// something that can be measured.
func (a app) start(ctx context.Context, p plan, dir string) error {
	if err := mustBeFree(filepath.Join(dir, textName)); err != nil {
		return err
	}
	m, err := a.prepared(ctx, p, 0)
	if err != nil {
		return err
	}
	defer m.close()
	head, err := m.header(ctx)
	if err != nil {
		return err
	}
	text, err := newText(dir)
	if err != nil {
		return err
	}
	defer text.Close()
	m.text = text
	measured := m.write(fmt.Sprintf("%s%s%s\n%s%v\n", head, codeKey, m.program.code, planKey, m.plan))
	if measured == nil {
		measured = m.measure(ctx)
	}
	return errors.Join(measured, a.reportOn(text.Name(), dir, measured))
}

// resume goes on with what start left.
func (a app) resume(ctx context.Context, dir string) error {
	kept, err := readKept(filepath.Join(dir, textName))
	if err != nil {
		return err
	}
	m, err := a.continued(ctx, kept)
	if err != nil {
		return err
	}
	defer m.close()
	if m.complete() {
		fmt.Fprintf(a.stderr, "%s is complete: nothing is left to measure\n", kept.path)
	}
	if kept.cut != "" {
		fmt.Fprintf(a.stderr, "%s ended within a line, which is a comment now; its sample is taken again: %s\n",
			kept.path, kept.cut)
	}
	text, err := kept.open()
	if err != nil {
		return fmt.Errorf("opening what was measured: %w", err)
	}
	defer text.Close()
	m.text = text
	measured := m.measure(ctx)
	return errors.Join(measured, a.reportOn(text.Name(), dir, measured))
}

// continued is the measurement that was interrupted, if all is as it was.
func (a app) continued(ctx context.Context, kept *keptText) (*measurement, error) {
	p, err := a.parsePlan(kept.plan)
	if err != nil {
		return nil, fmt.Errorf("the plan in %s: %w", kept.path, err)
	}
	taken, err := kept.taken(p.rows())
	if err != nil {
		return nil, err
	}
	m, err := a.prepared(ctx, p, kept.nextRound(p, taken))
	if err != nil {
		return nil, err
	}
	head, err := m.header(ctx)
	if err == nil {
		err = kept.mustMatch(head, m.program.code)
	}
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	m.taken, m.workload = taken, kept.workload
	for row, why := range kept.failed {
		m.failed[row] = errors.New(why)
	}
	return m, nil
}

// prepared makes the program for the round to begin with.
func (a app) prepared(ctx context.Context, p plan, round int) (*measurement, error) {
	began := time.Now()
	programs, first, err := a.prepare(a, ctx, p, layoutSeed(p.seed, round))
	if err != nil {
		return nil, err
	}
	p.constructors = programs.measured()
	rows := p.rows()
	return &measurement{
		app: a, plan: p, programs: programs, program: first, linked: round,
		rows: rows, taken: make([]bool, len(rows)), failed: map[string]error{},
		// The first one may have compiled a lot; what is left is linking.
		costs: newCosts(p.benchtime, min(time.Since(began), time.Second)),
	}, nil
}

// header is the head of the text. The program writes most of it: it is what measures.
func (m *measurement) header(ctx context.Context) (string, error) {
	head, err := m.program.ask(ctx, sampler.Request{Header: true})
	if err != nil {
		return "", fmt.Errorf("starting the program that takes samples: %w", err)
	}
	return fmt.Sprintf("%slayout: %s\npriority: %s\nplanned-samples: %d\n",
		head, m.layout(), machine.Priority(), len(m.rows)), nil
}

// mustBeFree keeps a run from the results of another one.
func mustBeFree(path string) error {
	if _, err := os.Lstat(path); err != nil {
		return nil // whatever it is, making the file will tell
	}
	if kept, err := readKept(path); err == nil && len(kept.rows) < kept.planned() {
		return fmt.Errorf("%s exists, of a run that was interrupted after %d of %d samples: "+
			"go on with it by semabench run -resume %s, or name another folder with -o",
			path, len(kept.rows), kept.planned(), filepath.Dir(path))
	}
	return fmt.Errorf("%s exists: name another folder with -o, or remove it", path)
}

// newText makes the folder and an empty text file in it. It does not touch an older one.
func newText(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder for the results: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, textName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("making the file for the results: %w", err)
	}
	return f, nil
}

// reportOn writes the report on what was measured, also where that ended early.
func (a app) reportOn(text, dir string, measured error) error {
	c, err := compare(reports.Options{}, reports.Input{Name: text})
	if err != nil {
		if measured != nil {
			return fmt.Errorf("no report: nothing was measured")
		}
		return fmt.Errorf("%w: %w", exitcode.ErrFailed, err)
	}
	var page reports.HTML
	page.Attachments, err = a.attachments(c, "")
	s, wrong := a.screen("auto")
	if err = errors.Join(err, wrong); err == nil {
		err = a.writeDir(dir, c, page, s, text)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", exitcode.ErrFailed, err)
	}
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

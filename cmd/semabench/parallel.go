package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/semabench/semabench/bench/parallel"
	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/terminal"
	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/claims"
)

// parallelName is the name of the text in the folder of the results. It differs from the name of
// the verb run, so one folder can hold both.
const parallelName = "parallel.txt"

const parallelDoc = `Does the same work serially, by goroutines on one core and on all, by a pool of processes and by
a process for each task. The figures answer what textbooks say about threads and processes: on the
terminal, as Markdown, and as a page that needs no other file.

Each sample is a process of its own; modes take turns within a round. Semaphores of this suite
admit the workers: one of -impl within a process, one of -process between processes. All modes
must come to the same checksums.

` + priorityDoc + `

Ctrl-C ends all processes and keeps the samples so far. -replay judges a text again.`

// A parallelCall is the verb parallel with its flags. Works are kept as the user wrote them; package parallel
// knows which there are, and names them in its error.
type parallelCall struct {
	parallel.Options
	works, dir, replay string
}

// addTo adds the flags. The two numbers are returned and not stored, since flags.Number parses
// into a uint64 and the options have an int: the caller converts them after parsing.
func (c *parallelCall) addTo(f *flagSet) (rounds, seed *uint64) {
	f.StringVar(&c.works, "works", "", "`names` of the work, separated by commas: "+
		strings.Join(parallel.Works(), ", ")+
		" (default all)")
	rounds = f.number("rounds", 0, 1, sampling.MostSamples,
		"take `N` samples of each row; fewer than 6 decide nothing (default 9, with -quick 6)")
	seed = f.number("seed", 1, 1, 1<<64-1, "`S` decides the data that is hashed, read and sent")
	f.BoolVar(&c.Quick, "quick", false, "half the tasks and fewer rounds: a third of the time")
	f.StringVar(&c.Impl, "impl", "", "semaphore of goroutines, a `name` of the table (default "+
		"weighted)")
	f.StringVar(&c.Process, "process", "", "semaphore of processes: "+
		strings.Join(parallel.ProcessSemaphores(), ", ")+
		" (default the first that works here)")
	f.StringVar(&c.Dir, "files", "", "`folder` for the file of 32 MiB that is read (default that "+
		"for temporary files)")
	f.StringVar(&c.dir, "o", "", "folder for the results (default results/<time>)")
	f.StringVar(&c.replay, "replay", "", "measure nothing, judge the "+parallelName+" in this "+
		"`folder` again")
	return rounds, seed
}

// parallel compares threads and processes.
//
// The implementation is looked up here, before anything is measured: a child that does not know
// it would fail, once for each sample.
func (a app) parallel(ctx context.Context, args []string) error {
	f := a.flags("parallel", "[flags]", parallelDoc)
	var c parallelCall
	rounds, seed := c.addTo(f)
	priority := f.priorityFlag()
	if err := f.parse(args); err != nil {
		return err
	}
	priority.use()
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if c.replay != "" {
		if f.NFlag() > 1 {
			return errors.New("-replay judges what was measured: it takes no other flag")
		}
		return a.reportParallel(c.replay)
	}
	c.Rounds, c.Seed = int(*rounds), *seed
	if c.works != "" {
		c.Works = strings.Split(strings.ReplaceAll(c.works, " ", ""), ",")
	}
	chosen, err := chooseImpls(cmp.Or(c.Impl, "weighted"), a.table)
	if err != nil {
		return err
	}
	// The verb compares modes of execution. Several semaphores would multiply the rows and
	// answer a question of the verb run.
	if len(chosen) != 1 {
		return fmt.Errorf("-impl=%s: want one implementation", c.Impl)
	}
	if c.dir == "" {
		c.dir = defaultResults()
	}
	return a.measureParallel(ctx, &c)
}

// measureParallel measures and reports. An interrupted measurement gets a report on its beginning.
//
// The report is written even if rows failed or the user interrupted: the text is on the disk,
// and the first error decides the exit code.
func (a app) measureParallel(ctx context.Context, c *parallelCall) error {
	seen := timelines{}
	c.Progress = func(line string) { fmt.Fprintln(a.stderr, line) }
	c.Timeline = seen.add
	plan, err := c.Experiment()
	if err != nil {
		return err
	}
	path := filepath.Join(c.dir, parallelName)
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s exists: name another folder with -o, or remove it", path)
	}
	text, err := sampling.Create(path)
	if err != nil {
		return err
	}
	defer text.Close()
	fmt.Fprintln(a.stderr, plan)
	// The error waits: what was measured by then gets its timelines and its report first.
	measured := plan.Run(ctx, text)
	info, err := text.Stat()
	if err == nil && info.Size() == 0 { // refused before anything was measured
		return errors.Join(measured, os.Remove(path))
	}
	// ctx is asked first. The error of a child that was killed by Ctrl-C is the consequence of
	// Ctrl-C and no failure.
	switch {
	case ctx.Err() != nil:
		measured = fmt.Errorf("%w: what was measured is kept", exitcode.ErrInterrupted)
	case measured != nil:
		measured = fmt.Errorf("%w: %w", exitcode.ErrFailed, measured)
	}
	if err := seen.write(filepath.Join(c.dir, timelinesName)); err != nil {
		return errors.Join(measured, fmt.Errorf("%w: %w", exitcode.ErrFailed, err))
	}
	if err := a.reportParallel(c.dir); err != nil {
		if measured != nil {
			return fmt.Errorf("%w; no report: %w", measured, err)
		}
		return fmt.Errorf("%w: %w", exitcode.ErrFailed, err)
	}
	return measured
}

// reportParallel judges the text in a folder, and writes the report beside it.
//
// measureParallel calls it on the text that it has just written, instead of passing the samples
// in memory. So -replay takes the same way, and a report of today and a replay of tomorrow
// agree.
func (a app) reportParallel(dir string) error {
	path := filepath.Join(dir, parallelName)
	log, err := reports.Read(reports.Input{Name: path})
	if err != nil {
		return err
	}
	r, err := claims.Evaluate(log)
	if err != nil {
		return err
	}
	if r.Timelines, err = readTimelines(filepath.Join(dir, timelinesName)); err != nil {
		return err
	}
	r.SeeAlso = "The program where it began, ten workers that print their lines in turns, is the example of package impls: " +
		"impls/example_test.go."
	r.Commands = []string{"semabench parallel -replay " + dir, "benchstat -col /mode " + path}
	r.Rule = parallel.Rule
	paths, err := r.WriteDir(dir)
	if err != nil {
		return err
	}
	width := 100
	if terminal.Is(a.stdout) {
		width = min(width, terminal.Width(a.stdout))
	}
	if err := r.WriteText(a.stdout, width); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	fmt.Fprintln(a.stdout)
	a.printPaths(append([]string{path}, paths...))
	if r.Differing != nil {
		return fmt.Errorf("%w: the modes did not come to the same checksums: %s", exitcode.ErrFailed,
			strings.Join(r.Differing, ", "))
	}
	return nil
}

// timelinesName is the name of the file with the timelines.
const timelinesName = "parallel-workers.json"

// timelines has the last timeline of each pictured row.
//
// Only the last sample of a row is kept: the picture shows one, and memory must not grow with
// the rounds.
type timelines map[string]claims.Timeline

// pictured are the rows of the picture, from top to bottom. They show a limit of 3 at work between
// goroutines and between processes, and a limit that is no limit.
var pictured = []struct {
	mode    parallel.Mode
	permits int
}{{parallel.Goroutines, 3}, {parallel.Processes, 3}, {parallel.Processes, 10}}

// add stores a timeline if the picture shows its row. A later sample of the row replaces the earlier one.
//
// The match is by parts of the row's name, because package parallel names rows and gives no
// parsed form. The slash behind each part keeps permits=1 from matching permits=10.
func (t timelines) add(row string, spans []parallel.Span) {
	for _, p := range pictured {
		mode, permits := fmt.Sprintf("mode=%s/", p.mode), fmt.Sprintf("permits=%d/", p.permits)
		if strings.Contains(row, mode) && strings.Contains(row, permits) {
			one := claims.Timeline{Mode: string(p.mode), Permits: p.permits}
			for _, s := range spans {
				one.Stays = append(one.Stays, claims.Stay{Worker: s.Worker,
					Enter: time.Duration(s.Enter).Seconds(), Leave: time.Duration(s.Leave).Seconds()})
			}
			t[fmt.Sprint(p)] = one
		}
	}
}

// write writes the timelines to a file, for -replay: benchmark text has no place for them. The order is the
// order of the picture, so the same measurement always gives the same file.
func (t timelines) write(path string) error {
	var all []claims.Timeline
	for _, p := range pictured {
		if one, ok := t[fmt.Sprint(p)]; ok {
			all = append(all, one)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// readTimelines reads the file that write wrote. Without the file there are no timelines: a text of another
// machine, copied alone, can still be judged. A file that is broken is an error: the picture would be missing
// without a reason.
func readTimelines(path string) (all []claims.Timeline, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // the picture is left out
	}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the timelines: %w", err)
	}
	return all, nil
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/stress/internal/mutate"
)

// choose returns the mutants to play. A sample is drawn from all designs together, so each mutant
// is as likely as any other. The seed is fixed by a flag, so a sample can be drawn again. A larger
// sample with the same seed begins with the smaller one.
func (o options) choose(t *table) []choice {
	var open []choice
	for _, s := range t.subjects {
		if !o.designs.MatchString(s.name) {
			continue
		}
		for _, m := range s.all {
			r := t.results[m.ID]
			if o.again == nil && o.lacks(s, r) || o.again != nil && o.again.MatchString(t.row(s, m, r)) {
				open = append(open, choice{s, m})
			}
		}
	}
	if o.sample > 0 && o.sample < len(open) {
		r := rand.New(rand.NewPCG(o.seed, 0))
		r.Shuffle(len(open), func(i, j int) { open[i], open[j] = open[j], open[i] })
		open = open[:o.sample]
	}
	return open
}

// lacks reports whether a judge that is asked has not judged a mutant. A judge that was not asked
// this time is not missed. The tests of a subject's package are the cheapest judge: the others judge what these let pass.
func (o options) lacks(s *subject, r result) bool {
	if s.tests && o.byOwn && (r.Own == "" || r.Own == unfinished && !refutes(r.Stress) && !refutes(r.Explore)) {
		return true
	}
	if s.tests && refutes(r.Own) {
		return false
	}
	return o.byStress && r.Stress == "" || o.byExplore && r.Explore == ""
}

// verdicts keeps what the judges say while they run side by side. A verdict of one judge is kept
// before the other one has spoken: an interrupt then loses only what runs.
type verdicts struct {
	sync.Mutex
	t *table
}

// A refuted original ends the run: the bounds are too tight for this machine, or a judge is wrong.
func (v *verdicts) tell(id, said string, set func(*result)) error {
	if strings.HasPrefix(id, original) {
		if refutes(said) {
			return fmt.Errorf("%s was refuted under these bounds: %s", id, said)
		}
		return nil
	}
	v.Lock()
	defer v.Unlock()
	r := v.t.results[id]
	set(&r)
	v.t.results[id] = r
	return v.t.write()
}

// judge plays a batch of mutants. The tests of a mutant's own package come first. Then package stress and the explorer judge at the same time, each in its
// own order. Both begin with the originals of all designs in the batch.
//
// The two judges do not wait for each other: a mutant that hangs under one of them holds up that
// judge only.
func (o options) judge(ctx context.Context, t *table, batch []choice) error {
	var originals []choice
	for _, c := range batch {
		o := choice{c.s, mutate.Mutant{ID: original + "-" + c.s.name}}
		if !slices.ContainsFunc(originals, func(c choice) bool { return c.s == o.s }) {
			originals = append(originals, o)
		}
	}
	v := &verdicts{t: t}
	if err := o.judgeOwn(ctx, v, originals, batch, quickSteps, unfinished); err != nil {
		return err
	}
	batch = slices.DeleteFunc(slices.Clone(batch), func(c choice) bool {
		return c.s.tests && refutes(t.results[c.m.ID].Own)
	})
	if len(batch) == 0 || !o.byStress && !o.byExplore {
		return nil
	}
	// The originals come first, so a run under bad bounds ends soon.
	copies := append(originals, batch...)
	w, err := o.newWorkshop(copies)
	if err != nil {
		return err
	}
	var binaries [2]string
	for i, raced := range []bool{false, true} {
		if binaries[i], err = w.build(ctx, raced); err != nil {
			return err
		}
	}
	// An original has no result, so every judge begins with it.
	var forStress, forExplore []string
	for _, c := range copies {
		r := t.results[c.m.ID]
		if o.again != nil || r.Stress == "" {
			forStress = append(forStress, c.m.ID)
		}
		if o.again != nil || r.Explore == "" {
			forExplore = append(forExplore, c.m.ID)
		}
	}
	// The cause keeps the first error. The other judge then fails as well, by its cancelled
	// context, and that error says nothing.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	ask := func(judge func() error) {
		all.Go(func() {
			if err := judge(); err != nil {
				cancel(err) // the other judge would go on in vain
			}
		})
	}
	if o.byStress {
		ask(func() error { return o.stressAll(ctx, w, binaries, forStress, v) })
	}
	if o.byExplore {
		ask(func() error { return o.exploreAll(ctx, w, binaries, forExplore, v) })
	}
	all.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return o.judgeOwn(ctx, v, originals, batch, lateSteps, survived)
}

// judgeOwn lets the tests of its package judge each mutant that no judge has refuted. The late steps are for
// mutants that all other judges let pass.
func (o options) judgeOwn(
	ctx context.Context, v *verdicts, originals, batch []choice, steps []ownStep, survivor string,
) error {
	if !o.byOwn {
		return nil
	}
	for _, of := range originals {
		if !of.s.tests {
			continue
		}
		var ids []string
		for _, c := range batch {
			r := v.t.results[c.m.ID]
			quick := survivor == unfinished
			if c.s == of.s && (quick && (o.again != nil || r.Own == "") ||
				!quick && r.Own == unfinished && !refutes(r.Stress) && !refutes(r.Explore)) {
				ids = append(ids, c.m.ID)
			}
		}
		if len(ids) == 0 {
			continue
		}
		if err := o.ownAll(ctx, of.s, append([]string{of.m.ID}, ids...), v, steps, survivor); err != nil {
			return err
		}
	}
	return nil
}

// stressAll judges by package stress, several mutants at a time. Its workers take from one queue,
// since a mutant that hangs takes up to the limit and others take a moment: a fixed share for each
// worker would leave some idle.
func (o options) stressAll(
	ctx context.Context, w *workshop, binaries [2]string, ids []string, v *verdicts,
) error {
	one := func(id string) error {
		// The race detector is asked about survivors only, and by the two clauses whose verdict
		// depends on it.
		said, err := o.stress(ctx, w, binaries[0], "^TestStress$/^"+id+"$")
		if err == nil && said == survived {
			said, err = o.stress(ctx, w, binaries[1], "^TestStress$/^"+id+"$/./^(C29|C30)-")
		}
		if err != nil {
			return err
		}
		return v.tell(id, said, func(r *result) { r.Stress = said })
	}
	queue := make(chan string, len(ids))
	for _, id := range ids {
		queue <- id
	}
	close(queue)
	errs := make(chan error, o.workers)
	for range o.workers {
		go func() {
			for id := range queue {
				if err := one(id); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	var err error
	for range o.workers {
		err = errors.Join(err, <-errs)
	}
	return err
}

// clauseOf finds the clause in the name of a subtest.
var clauseOf = regexp.MustCompile(`/((?:C|R)\d+)-[a-z-]+`)

// stress runs package stress on one mutant until the first clause fails. It reads the verbose output
// as it comes, so that nothing waits for a report of a failure. Every end but a pass refutes: the
// process printed no pass because the mutant ended it, or it was still in a clause at the limit.
//
// The first failing clause is the verdict, so -test.failfast saves the rest. Later clauses may fail
// by the same defect; the table counts mutants and not clauses.
func (o options) stress(ctx context.Context, w *workshop, binary, pattern string) (string, error) {
	hung, cancel := context.WithCancel(ctx)
	defer cancel()
	// -stress.instrument=false: otherwise package stress would build the tests again with -race, and
	// the second binary is there for that.
	cmd := exec.CommandContext(hung, binary, "-test.run="+pattern, "-test.v", "-test.failfast",
		"-stress.instrument=false", fmt.Sprintf("-stress.ops=%d", o.ops), "-stress.out="+w.dir)
	cmd.Dir = w.dir
	child.KillOnDone(cmd)
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	// Closing the pipe ends the loop below. It comes after Wait, when all output has been copied.
	go func() { err := cmd.Wait(); ended <- err; _ = in.Close() }()
	go o.watch(hung, cmd.Process.Pid, cancel)
	running, failed := "", ""
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if m := clauseOf.FindStringSubmatch(line); m != nil && failed == "" {
			switch {
			case strings.HasPrefix(line, "=== RUN"):
				running = m[1]
			case strings.Contains(line, "--- FAIL: "):
				failed = m[1]
			}
		}
		// The report of a failed subtest comes with the end of its parents; its clause is the one
		// that ran last. Shrinking of a random program has ended by then.
		if err != nil {
			break
		}
	}
	return outcome(ctx, hung, <-ended, running, failed)
}

// outcome returns what a process of tests that has ended says of its mutant. err is the error of the process, hung
// is done if the process was ended because it was silent, running is its last test, and failed a test that failed.
func outcome(ctx, hung context.Context, err error, running, failed string) (string, error) {
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	// A failure counts before a hang: the test failed first, and the process was ended while it went on.
	case failed != "":
		return failed, nil
	case hung.Err() != nil:
		return "hangs in " + running, nil
	case err != nil:
		return "ends the process in " + running, nil
	}
	return survived, nil
}

// exploreAll judges by the explorer, and its survivors once more under the race detector. The
// verdict of a survivor is only told after the second binary, so an interrupt between the two
// leaves it open and it is judged again.
func (o options) exploreAll(
	ctx context.Context, w *workshop, binaries [2]string, ids []string, v *verdicts,
) error {
	said := map[string]string{}
	left := ids
	for i, binary := range binaries {
		if err := o.exploreThem(ctx, w, binary, left, func(id, verdict string) error {
			said[id] = verdict
			if i == 0 && verdict == survived {
				return nil
			}
			return v.tell(id, verdict, func(r *result) { r.Explore = verdict })
		}); err != nil {
			return err
		}
		var next []string
		for _, id := range left {
			if said[id] == survived {
				next = append(next, id)
			}
		}
		left = next
	}
	return nil
}

// silence bounds the time between two lines of the explorer: the time for one mutant, and the
// build. It is far above the budget of one mutant, as the first line comes after the build of the
// explorer.
const silence = 20 * time.Minute

// exploreThem runs one process that explores the mutants of ids. Package explore plays in processes
// of its own, so the process ends early only by a defect of the explorer. That is no verdict on the
// mutant, and is told as such. The process is started again behind the mutant at which it ended.
// Without the step over that mutant, a defect of the explorer would repeat for ever.
func (o options) exploreThem(
	ctx context.Context, w *workshop, binary string, ids []string, tell func(id, verdict string) error,
) error {
	for len(ids) > 0 {
		done, err := o.exploreSome(ctx, w, binary, ids, tell)
		if err != nil {
			return err
		}
		ids = ids[done:]
		if len(ids) > 0 {
			if err := tell(ids[0], "unknown: the explorer ended"); err != nil {
				return err
			}
			ids = ids[1:]
		}
	}
	return nil
}

// exploreSome returns how many of the mutants have a verdict.
//
// A batch in one process saves the build of the player for each mutant, which takes longer than
// most explorations.
func (o options) exploreSome(
	ctx context.Context, w *workshop, binary string, ids []string, tell func(id, verdict string) error,
) (done int, err error) {
	quiet, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(quiet, binary, "-test.run=^TestExplore$", "-test.v")
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), append(w.tool.Env, "MUTANTS="+strings.Join(ids, ","))...)
	child.KillOnDone(cmd)
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	go func() { _ = cmd.Wait(); _ = in.Close() }()
	alarm := time.AfterFunc(silence, cancel)
	defer alarm.Stop()
	verdict := survived
	tail := ""
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		line := scanner.Text()
		// Lines of the program under test may come between; only those in this form are read.
		var id, said string
		var index, schedules int
		if n, _ := fmt.Sscanf(line, "explored %s %d %s %d", &id, &index, &said, &schedules); n < 4 {
			tail = line
			continue
		}
		alarm.Reset(silence)
		what := strings.TrimSpace(strings.SplitN(line, " ", 6)[min(5, strings.Count(line, " "))])
		switch said {
		case "fail":
			verdict = fmt.Sprintf("%d schedules: %s", schedules, what)
		case "refused":
			verdict = "unknown: refused: " + what
		case "end":
			if err := tell(id, verdict); err != nil {
				cancel()
				return done, err
			}
			verdict = survived
			done++
		}
	}
	if ctx.Err() != nil {
		return done, ctx.Err()
	}
	// Then the process cannot explore at all, and the same start would fail for each mutant in
	// turn.
	if done == 0 {
		return 0, fmt.Errorf("the explorer judged nothing: %s", tail)
	}
	return done, nil
}

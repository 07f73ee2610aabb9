package sampling

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/bench/sampler"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/benchkey"
	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/machine"
	"github.com/semabench/semabench/internal/progress"
)

// A run takes the samples of a plan and appends them to a text. taken and rows have the same length
// and order. A sample is in taken only after its line was written, so what a killed process loses
// is the sample that was being taken.
//
// failed is by row and not by sample: a row that panics once does so again, and a row that hangs
// would cost a minute in each round.
type run struct {
	options  Options
	plan     Plan
	programs Programs
	program  Program // of the current round
	linked   int     // the round that program was linked for
	begun    int     // rounds that have a line in the text
	text     io.Writer
	rows     []row
	taken    []bool           // which samples are in the text
	failed   map[string]error // by name of the row
	workload string           // of the last workload line in the text
	costs    *costs
}

// prepare links the program of the round in which the run begins. On an error nothing is left open;
// on success the caller closes the programs. The names of the constructors are known only now. The
// program is asked for its table before rows are made, since only the program has the constructors.
//
// The cost of the first build bounds the estimate for links, and a second bounds it again, since
// a cold build cache says nothing about a link.
func prepare(ctx context.Context, o Options, p Plan, round int) (*run, error) {
	began := time.Now()
	programs, first, err := o.Make(ctx, o, p, layoutSeed(p.seed, round))
	if err != nil {
		return nil, err
	}
	p.constructors = programs.Constructors()
	if p.built, err = built(ctx, first, p, o.Known); err != nil {
		return nil, errors.Join(err, programs.Close())
	}
	rows := p.rows()
	return &run{
		options: o, plan: p, programs: programs, program: first, linked: round,
		rows: rows, taken: make([]bool, len(rows)), failed: map[string]error{},
		// The first build may have compiled everything. Later builds only link, which takes a second.
		costs: newCosts(p.benchtime, min(time.Since(began), time.Second)),
	}, nil
}

// built returns the implementations that the constructors of the plan put into the program: all
// that are not in the tables of this executable. Only the program knows the names in a table of
// another package. An entry of the program is compared by name: names in one program are unique.
//
// An implementation without New cannot be called here. It does not have to: samples are taken by
// the program that has it.
func built(ctx context.Context, program Program, p Plan, known []impls.Impl) ([]impls.Impl, error) {
	if len(p.constructors) == 0 {
		return nil, nil
	}
	text, err := program.run(ctx, sampler.Request{Table: true})
	var table []sampler.Entry
	if err == nil {
		err = json.Unmarshal([]byte(text), &table)
	}
	if err != nil {
		return nil, fmt.Errorf("building a program for -impl: %s", strings.TrimPrefix(err.Error(), "exit status 2: "))
	}
	var all []impls.Impl
	for _, e := range table {
		ours := func(impl impls.Impl) bool { return impl.Name == e.Name }
		switch {
		case slices.ContainsFunc(known, ours):
		case e.NoTry:
			return nil, fmt.Errorf("-impl %s: it has no TryAcquire() bool, and the benchmarks count permits by it", e.Name)
		default:
			all = append(all, impls.Impl{Name: e.Name, UnitWeights: e.UnitWeights})
		}
	}
	return all, nil
}

// header returns the configuration lines of the text. The program writes most of them, because its
// build decides the figures, and not the build of this executable. The number of samples is in it,
// so that a reader can tell a partial text from a complete one.
//
// The priority is asked in this process, which sets the priority of the samples.
func (r *run) header(ctx context.Context) (string, error) {
	head, err := r.program.run(ctx, sampler.Request{Header: true})
	if err != nil {
		return "", fmt.Errorf("starting the program that takes samples: %w", err)
	}
	return fmt.Sprintf("%s%s: %s\n%s: %s\n%s: %d\n", head, benchkey.Layout, r.programs.Layout(),
		benchkey.Priority, machine.Priority(), plannedKey, len(r.rows)), nil
}

// measure takes every sample that is left. A row that fails is not tried again, and the other rows
// go on: one broken implementation must not cost the figures of all others. An error ends it at
// once only if no further sample can be taken: an interrupt, a full disk, a link that fails.
//
// The text is complete after each sample, so there is nothing to save when the loop ends.
func (r *run) measure(ctx context.Context) error {
	shown := r.announce()
	defer shown.Clear()
	for i, row := range r.rows {
		if r.taken[i] {
			continue
		}
		if r.isLeft(i) {
			if err := r.beginRound(ctx, row.round); err != nil {
				return err
			}
			if err := r.take(ctx, i, shown); err != nil {
				return err
			}
		}
		shown.update(i+1, r.timeLeft)
	}
	if len(r.failed) > 0 {
		return r.failures()
	}
	return nil
}

// longRun is the estimate from which on the output says how to measure less.
const longRun = 5 * time.Minute

// progressLine shows how far a run is: on a terminal in one line, in a log in a line for each
// round.
// Each row has the same number of samples, so perRound is exact.
type progressLine struct {
	*progress.Line
	began    time.Time
	total    int // samples of the plan
	perRound int
}

// update shows that the first done samples of the plan are through. left estimates the time of the
// rest. It looks at every row that is left, so update calls it only for a line that is shown. A log
// gets a line for each round only, so the log of an hour stays short.
func (p *progressLine) update(done int, left func(from int) time.Duration) {
	switch {
	case p.Terminal():
		p.Show(fmt.Sprintf("%s samples, about %v left",
			progress.Bar(done, p.total), progress.Rough(left(done))))
	case done%p.perRound == 0:
		p.Log(fmt.Sprintf("%d of %d samples after %v, about %v left", done, p.total,
			time.Since(p.began).Round(time.Second), progress.Rough(left(done))))
	}
}

// isLeft reports whether the i'th sample is still to be taken.
func (r *run) isLeft(i int) bool { return !r.taken[i] && r.failed[r.rows[i].String()] == nil }

// beginRound links the program of a round before its first sample. No sample is taken during a
// link, because the linker would keep the cores busy.
//
// The line with the seed is a comment, because the seed differs from round to round and would
// split every sample off by itself. It is written even if the program is at hand already.
func (r *run) beginRound(ctx context.Context, round int) error {
	if round < r.begun {
		return nil
	}
	r.begun = round + 1
	seed := layoutSeed(r.plan.seed, round)
	if round != r.linked {
		began := time.Now()
		next, err := r.programs.Link(ctx, seed)
		r.costs.addLink(time.Since(began))
		switch {
		case ctx.Err() != nil:
			return r.interrupted()
		case err != nil:
			return fmt.Errorf("%w: the report is partial: linking for round %d: %w",
				exitcode.ErrFailed, round+1, err)
		// A user may edit the source while a run of an hour goes on. From then on the samples
		// would be of other code, under the same name.
		case next.Code != r.program.Code:
			return fmt.Errorf("%w: the report is partial: in round %d the code is another, %s instead "+
				"of %s: "+
				"put it back as it was and go on with -resume",
				exitcode.ErrFailed, round+1, next.Code, r.program.Code)
		}
		r.program, r.linked = next, round
	}
	return r.write(fmt.Sprintf("%s%d in round %d of %d\n", SeedKey, seed, round+1, r.plan.samples))
}

// take takes the i'th sample. It returns an error only if no further sample can be taken. The
// failure of a row is a comment in the text, so that -resume does not try it again either. The
// order matters: the line is written first, and only then the sample counts as taken.
//
// The time that is added to costs has everything that a sample takes, with the start of its
// process. So the estimate needs no model of that.
func (r *run) take(ctx context.Context, i int, shown *progressLine) error {
	row := r.rows[i]
	began := time.Now()
	line, err := r.sample(ctx, row)
	if ctx.Err() != nil {
		return r.interrupted()
	}
	if err != nil {
		r.failed[row.String()] = err
		shown.Print(fmt.Sprintf("%v: %v", row, err))
		return r.write(fmt.Sprintf("%s%v: %s\n", FailedKey, row, excerpt.Line(err.Error())))
	}
	r.costs.addSample(row, time.Since(began))
	if row.Workload.Name != r.workload {
		r.workload = row.Workload.Name
		line = WorkloadKey + r.workload + "\n" + line
	}
	if err := r.write(line); err != nil {
		return err
	}
	r.taken[i] = true
	return nil
}

// sample takes one sample in a process of its own. It returns the line of the sample with the noise
// of the machine at its end. Noise is read around the process. Its own time does not count, since
// it is a child that was waited for.
func (r *run) sample(ctx context.Context, row row) (line string, err error) {
	// A sample takes two or three times its benchtime. A process that takes twenty times as long, and
	// a minute more for a machine under load, is stuck.
	limit := time.Minute + 20*r.plan.benchtime
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("stopped after %v", limit))
	defer cancel()
	// The watch begins right before the process does, so the noise is of the time of the sample.
	watch := machine.StartWatch()
	line, err = r.program.run(ctx, sampler.Request{Row: row.String(), Benchtime: r.plan.benchtime})
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

// write appends to the text. Each call writes whole lines, so a killed process leaves at most one
// line that is cut off.
//
// Every error of writing ends the run: without the text a sample is lost, and a full disk stays
// full.
func (r *run) write(s string) error {
	if _, err := io.WriteString(r.text, s); err != nil {
		return fmt.Errorf("%w: the report is partial: keeping a sample: %w", exitcode.ErrFailed, err)
	}
	return nil
}

// interrupted returns the error after Ctrl-C, with the way to go on.
func (r *run) interrupted() error {
	return fmt.Errorf("%w: the report is partial, %d of %d samples were taken; go on with -resume",
		exitcode.ErrInterrupted, r.done(), len(r.rows))
}

// complete reports whether no sample is left.
func (r *run) complete() bool {
	for i := range r.rows {
		if r.isLeft(i) {
			return false
		}
	}
	return true
}

// done returns how many samples are in the text.
func (r *run) done() (n int) {
	for _, taken := range r.taken {
		if taken {
			n++
		}
	}
	return n
}

// failures returns an error that names each row that failed.
//
// The rows are named in the order of the plan, since a map has none.
func (r *run) failures() error {
	rows := "rows"
	if len(r.failed) == 1 {
		rows = "row"
	}
	errs := []error{fmt.Errorf("%w: %d %s failed, the report is partial",
		exitcode.ErrFailed, len(r.failed), rows)}
	for _, row := range r.rows[:len(r.rows)/r.plan.samples] { // the rows of one round
		if err := r.failed[row.String()]; err != nil {
			errs = append(errs, fmt.Errorf("%v: %w", row, err))
		}
	}
	return errors.Join(errs...)
}

// announce tells the user how long the run is going to take, and returns its progress line. It
// comes after the first link and before the first sample, when the estimate is at hand.
//
// The estimate is a number and no promise; so the advice on how to measure less comes with it,
// before the time is spent.
func (r *run) announce() *progressLine {
	p := &progressLine{
		Line: progress.New(r.options.Stderr), began: time.Now(), total: len(r.rows),
		perRound: len(r.rows) / r.plan.samples,
	}
	estimate := r.timeLeft(0)
	p.Print(fmt.Sprintf("measuring %d samples, about %v: %d rows, one sample of each in a round, "+
		"%d rounds; the first one shows what they take",
		p.total-r.done(), progress.Rough(estimate), p.perRound, r.plan.samples))
	if estimate > longRun {
		p.Print("for less choose -quick, fewer -samples, or only some of -workload and -impl; " +
			"Ctrl-C keeps what there is, and -resume goes on")
	}
	return p
}

// timeLeft estimates the time of the samples from the i'th on, with the links before them.
//
// Rows that failed are not left, and a round whose samples are all taken needs no link.
func (r *run) timeLeft(from int) (left time.Duration) {
	round := r.linked
	for i := from; i < len(r.rows); i++ {
		if !r.isLeft(i) {
			continue
		}
		left += r.costs.sample(r.rows[i])
		if r.rows[i].round != round {
			round = r.rows[i].round
			left += r.costs.link()
		}
	}
	return left
}

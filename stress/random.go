package stress

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
	"github.com/semabench/semabench/stress/internal/race"
)

// A mode is a way to run random programs: what they look like, and which oracles judge them.
type mode struct {
	clause string // the ID of the clause that the mode checks
	shape  shape
	share  int64 // the mode runs one in share of the operations that the flags ask for

	// once runs a program once. An error says how the implementation failed, or is errUndecided.
	once func(impls.Impl, time.Duration, model.Program) (*history, error)
}

var (
	// watchedMode judges a program while it runs, and whenever nothing can move.
	watchedMode = mode{clause: "R1", shape: wide, share: 1, once: runOnce}

	// linearMode also judges the whole history afterwards. The search takes longer than the run, so
	// it gets a tenth of the operations.
	linearMode = mode{clause: "C34", shape: narrow, share: 10, once: runAndCheck}
)

var (
	errNotLinearizable = errors.New("C34 linearizable: " +
		"there is no order in which these calls could have taken effect")

	// errUndecided says that the search for an order was given up. It is not a failure.
	errUndecided = errors.New("the search for a linearization ended undecided")
)

// refutes reports whether err is a failure of the implementation. Only a failure is shrunk and
// reported; a search that was given up is counted.
//
// An undecided search is neither: counting it as passed would hide that it was given up, and
// counting it as failed would accuse a correct semaphore.
func refutes(err error) bool { return err != nil && !errors.Is(err, errUndecided) }

func runAndCheck(impl impls.Impl, patience time.Duration, p model.Program) (*history, error) {
	h, err := runOnce(impl, patience, p)
	if err != nil {
		return h, err
	}
	switch h.linearization(impl).check() {
	case porcupine.Illegal:
		return h, errNotLinearizable
	case porcupine.Unknown:
		return h, errUndecided
	}
	return h, nil
}

// run is the check of a clause. It runs programs of consecutive seeds, or the program of the flags,
// until enough operations have been run. It stops at the first failure: a second program would most
// likely find the same defect, and the budget of operations is better spent on making the first one
// small.
//
// The budget is asked after each program, so at least one is always played.
func (x mode) run(impl impls.Impl, patience time.Duration) error {
	left, err := flagBudget()
	if err != nil {
		return err
	}
	next, err := flagPrograms(x.shape)
	if err != nil {
		return err
	}
	histories, undecided := 0, 0
	for {
		p, seed := next()
		h, err := x.once(impl, patience, p)
		histories++
		switch {
		case refutes(err):
			return x.shrinkAndReport(context.Background(), impl, patience, p, seed, h, err)
		case err != nil:
			undecided++
		}
		if left.spent(x.share * max(1, p.Ops())) {
			break
		}
	}
	if undecided > 0 {
		return unknown{missing: fmt.Sprintf(
			"%d of %d histories were not decided within %d steps; none failed",
			undecided, histories, maxSteps)}
	}
	return nil
}

// shrinkAndReport shrinks a program that failed for as long as it still fails, and reports the
// result. A hang is reported as it is. Each try of the shrinker could leave one more goroutine
// behind that uses a processor, and would have to wait out the patience.
func (x mode) shrinkAndReport(
	ctx context.Context, impl impls.Impl, patience time.Duration,
	p model.Program, seed uint64, h *history, err error,
) failure {
	if hangs(err) {
		f := report(impl, p, "not shrunk: a call that hangs may go on to use a processor", h, err)
		f.seed = seed
		return f
	}
	s := newShrinker(ctx, x, impl, patience, p, h, err)
	s.shrink()
	rate := s.rate()
	how := ""
	if seed != 0 {
		how = fmt.Sprintf("drawn from seed %d with %d workers and %d operations; ",
			seed, len(p.Workers), p.Ops())
	}
	how += fmt.Sprintf("after %d tries to shrink it, it has %d workers and %d operations, and %s",
		s.tries, len(s.best.Workers), s.best.Ops(), rate)
	f := report(impl, s.best, how, s.history, s.err)
	f.seed = seed
	return f
}

// report says how a program failed, which program it was, and what every goroutine did. For a
// history that is not linearizable it also asks whether the declared order alone is to blame, and
// draws the picture. A picture that cannot be drawn is part of the message and hides nothing.
func report(impl impls.Impl, p model.Program, how string, h *history, err error) failure {
	f := failure{program: programText(p)}
	if errors.Is(err, errNotLinearizable) {
		page, pageErr := h.linearization(impl).page()
		err = errors.Join(err, onlyByOrder(impl, h), pageErr)
		f.page = page
	}
	table := strings.TrimRight(h.table(), "\n")
	f.message = fmt.Sprintf("%v\nprogram: %s\n%s\n%s", err, f.program, how, table)
	return f
}

// writePage writes the picture of a history into the folder of -stress.out and returns its path.
// The name is drawn at random, so runs that share a folder overwrite nothing of each other.
func writePage(impl string, page []byte) (string, error) {
	if err := os.MkdirAll(outDir(), 0o755); err != nil {
		return "", fmt.Errorf("making the folder of -stress.out: %w", err)
	}
	f, err := os.CreateTemp(outDir(), "stress-"+impl+"-*.html")
	if err != nil {
		return "", fmt.Errorf("writing the picture of the history: %w", err)
	}
	_, err = f.Write(page)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("writing the picture of the history: %w", err)
	}
	return filepath.Abs(f.Name())
}

// RaceDetector reports whether this binary was built with -race.
const RaceDetector = race.Enabled

// A Campaign runs random programs against one implementation, each with the next seed. Three of
// four programs are long and judged while they run (R1). The fourth is short, and its whole history
// is checked for linearizability (C34). A campaign keeps nothing of a program that passed, so it
// may run for days. It is not safe for concurrent use. Two campaigns at once in one process would
// blame each other for data races, because the race detector counts for the whole process.
//
// It is the loop of R1 and C34 without a testing.T, for the verb stress.
type Campaign struct {
	Impl impls.Impl
	Seed uint64 // of the next program; see NewSeed
}

// A Tally counts the programs that a campaign ran.
type Tally struct {
	Programs, Operations int64
	Histories            int64 // programs whose history was checked for linearizability
	Undecided            int64 // histories for which that search was given up
}

// Play runs programs until at least ops operations were run, ctx is done, or a program failed.
// After a failure it may be called again: Seed then belongs to the following program. The race
// detector is asked before the error of a program: after a race the result of the program means
// nothing. A program that runs when ctx ends still runs to its end.
func (c *Campaign) Play(ctx context.Context, ops int64) (Tally, *Failure) {
	var played Tally
	for played.Operations < ops && ctx.Err() == nil {
		x := campaignMode(c.Seed)
		if x.clause == linearMode.clause {
			played.Histories++
		}
		seed := c.Seed
		c.Seed++
		p := x.shape.generate(seed)
		played.Programs++
		played.Operations += p.Ops()
		races := race.Errors()
		h, err := x.once(c.Impl, patience, p)
		switch {
		case race.Errors() > races:
			return played, raceFailure(c.Impl, p, seed)
		case refutes(err):
			f := x.shrinkAndReport(ctx, c.Impl, patience, p, seed, h, err)
			return played, newFailure(c.Impl, x.clause, f)
		case err != nil:
			played.Undecided++
		}
	}
	return played, nil
}

// campaignMode returns the mode in which a campaign runs the program of a seed. It depends on the
// seed alone, so that a seed names a program and its oracles without more context, as Died needs
// it.
func campaignMode(seed uint64) mode {
	if seed%4 == 0 {
		return linearMode
	}
	return watchedMode
}

// Died returns the failure of a program that ended the process of its campaign, so that no oracle
// could report. The report describes how the process ended. The program is generated again from its
// seed, because the process took every record with it. It is not shrunk: each try could end this
// process too.
func Died(impl impls.Impl, seed uint64, report string) *Failure {
	x := campaignMode(seed)
	text := programText(x.shape.generate(seed))
	message := report + "\nprogram: " + text
	return newFailure(impl, x.clause, failure{message: message, seed: seed, program: text})
}

// A Failure is a random program that an implementation failed.
type Failure struct {
	Impl    string
	Clause  Clause // R1 or C34, or C30 if the race detector reported
	Seed    uint64 // of the program as it was drawn, or 0 if it was given as text
	Program string // after shrinking, in the notation of -stress.program
	Report  string // what was observed, and the history
	Page    []byte // a picture of a history that is not linearizable, in HTML, or nil
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s: %v: %s %s: “%s”\n%s",
		f.Impl, Fail, f.Clause.ID, f.Clause.Name, f.Clause.Text, f.Report)
}

func newFailure(impl impls.Impl, clause string, f failure) *Failure {
	return &Failure{
		Impl: impl.Name, Clause: clauseNamed(clause).Clause, Seed: f.seed, Program: f.program,
		Report: f.message, Page: f.page,
	}
}

// raceFailure does not shrink the program: the detector reports each race only once in a process.
func raceFailure(impl impls.Impl, p model.Program, seed uint64) *Failure {
	text := programText(p)
	return newFailure(impl, "C30", failure{
		message: "data race, its stacks are on standard error, in program: " + text,
		seed:    seed,
		program: text,
	})
}

// Replay runs a program up to the given number of times, and returns the first failure, or nil. The
// history of a program of at most 64 operations is also checked for linearizability. The error says
// that the text is not a program. A search that was given up is no failure and is not counted.
//
// The text and not the seed is played: a shrunk program has no seed.
func Replay(ctx context.Context, impl impls.Impl, text string, times int) (*Failure, error) {
	p, err := parseProgram(text)
	if err != nil {
		return nil, err
	}
	x := watchedMode
	if p.Ops() <= maxChecked {
		x = linearMode
	}
	for range times {
		if ctx.Err() != nil {
			break
		}
		races := race.Errors()
		h, err := x.once(impl, patience, p)
		switch {
		case race.Errors() > races:
			return raceFailure(impl, p, 0), nil
		case refutes(err):
			return newFailure(impl, x.clause, report(impl, p, "as it was given", h, err)), nil
		}
	}
	return nil, nil
}

// maxChecked is how many operations a replayed program may have to be checked for linearizability.
// The programs of linearMode have at most 45. The search takes exponential time in the worst case,
// and its bound of steps would leave most longer histories undecided.
const maxChecked = 64

// Random programs. A seed determines a program, and a program can be written down in
// model.StressNotation; which worker runs when is up to the scheduler of Go.

// numKinds is how many kinds of operations random programs draw from, and fuzz inputs encode: those
// up to model.Rest. The notation has more kinds, for package explore.
const numKinds = int(model.Rest) + 1

// frequency of each kind, in parts of their sum. Cancellations are frequent, because most bugs of
// semaphores need one: of the 41 mutants from the literature, 14 are bugs of cancellation.
//
// A change here changes the program of every recorded seed.
//
// The sum need not be round. drawKind subtracts until it falls below zero.
var frequency = [numKinds]int{
	model.AcquireStoppable:  4,
	model.AcquireBackground: 2,
	model.AcquireCancelled:  4,
	model.AcquireCustom:     2,
	model.AcquireDone:       1,
	model.Try:               4,
	model.Release:           3,
	model.HandOver:          1,
	model.Rest:              2,
}

// A shape bounds programs. The bounds are on the size of a program and not on its time, so that a
// seed means the same program everywhere.
type shape struct {
	workers  int   // at most, and at least two
	longest  int   // operations of a worker, at most
	maxUsual int64 // size of nine semaphores in ten, at most
}

var (
	// wide programs are judged while they run, so they may be long.
	wide = shape{workers: 8, longest: 40, maxUsual: 5}

	// narrow programs have histories that are short enough to be checked for linearizability, and
	// permits so scarce that calls overlap.
	narrow = shape{workers: 5, longest: 9, maxUsual: 3}
)

// seedsWithNone is the first seed whose program may ask for no permit. The programs of smaller seeds were
// drawn without such requests, and are recorded.
const seedsWithNone = 1 << 33

// generate returns the program of a seed. It ends under every schedule if the semaphore keeps its
// contract: a worker that waits without a cancellation holds nothing (the player releases before),
// so no circle of workers that wait for each other can form.
//
// The order of the draws is part of the format: drawing in another order would give every
// recorded seed another program.
func (s shape) generate(seed uint64) model.Program {
	r := rand.New(rand.NewPCG(seed, 0))
	least := int64(1)
	if seed >= seedsWithNone {
		least = 0
	}
	p := model.Program{Size: 1 + r.Int64N(s.maxUsual)}
	if r.IntN(10) == 0 {
		p.Size = 1 + r.Int64N(100) // finds implementations that keep something for each permit
	}
	for range 2 + r.IntN(s.workers-1) {
		var ops []model.Op
		for range 1 + r.IntN(s.longest) {
			o := model.Op{Kind: drawKind(r), N: drawWeight(r, p.Size, least), Lag: r.IntN(4)}
			if o.Kind == model.Release || o.Kind == model.HandOver {
				o.N = max(1, o.N) // a Release of none would be no call
			}
			ops = append(ops, withinSize(o, p.Size))
		}
		p.Workers = append(p.Workers, ops)
	}
	return p
}

// withinSize reduces the weight of an Acquire that only a grant ends: above the size it would wait
// for ever. An Acquire that can be cancelled keeps a weight above the size. That is the case of
// C14.
func withinSize(o model.Op, size int64) model.Op {
	if o.Kind.Uncancellable() {
		o.N = min(o.N, size)
	}
	return o
}

func drawKind(r *rand.Rand) model.OpKind {
	total := 0
	for _, f := range frequency {
		total += f
	}
	x := r.IntN(total)
	for k, f := range frequency {
		if x -= f; x < 0 {
			return model.OpKind(k)
		}
	}
	panic("unreachable: x is below the sum of the frequencies")
}

// drawWeight prefers one permit, as most callers do. It also draws all permits, as writers take,
// and now and then one more than there are, or none. Weights are mixed on purpose: lost wake-ups need a
// large request that holds up small ones. A request for none always fits, so it shows a line that has become
// empty and was not served, which no other request would show before the next Release.
func drawWeight(r *rand.Rand, size, least int64) int64 {
	switch r.IntN(8) {
	case 0:
		return size
	case 1:
		return size + 1
	case 2:
		return 1 + r.Int64N(size)
	case 3:
		return least + r.Int64N(size+1-least)
	default:
		return 1
	}
}

// parseProgram reads a program in the notation of -stress.program.
func parseProgram(text string) (model.Program, error) { return model.StressNotation.Parse(text) }

// programText writes a program as parseProgram reads it.
func programText(p model.Program) string { return model.StressNotation.Format(p) }

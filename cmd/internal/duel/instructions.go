package duel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/cmd/internal/instructions"
	"github.com/semabench/semabench/reports/gate"
	"golang.org/x/sync/errgroup"
)

// This file counts the instructions of rows that run one goroutine, or several that do not meet.
//
// Counts come before times, for three reasons. They do not depend on the load, so all cores can count
// at once, while only one process may be timed. The binaries that listed the benchmarks are still
// there, so nothing is linked for the counts. And a run that runs out of time has verdicts from counts
// on rows whose times are too few.
//
// A process counts all rows of a package, because it takes more than a second to begin under valgrind.
// Each value has a process of its own: what a process keeps for its life, as the seed of its maps, is
// drawn anew. Three processes of each side are enough where counts agree; where they do not, package
// gate asks for more.

const (
	// wantedInstructions is the length of a run, and mostRuns how many runs of a length a process makes
	// if they are no longer than that. The Go runtime adds to a run what it does by the clock: it looks
	// every 10 ms whether a goroutine has run for too long, and how long a run takes depends on the load.
	// Such additions never make a run shorter, so the least of several short runs is nearest to the
	// truth: exact to 0.02 % in four runs of 20 ms.
	wantedInstructions = 20e6
	mostRuns           = 4

	// mostInstructions is the most that an operation may have. Ten seconds pass with it.
	mostInstructions = 2e9

	// longestRun is how long a run may take. A run of wantedInstructions takes a tenth of it, if the
	// process has a core.
	longestRun = time.Second

	// mostBytes bounds what a run allocates, since nothing is collected meanwhile.
	mostBytes = 256 << 20

	// shorter is by what the shorter run is shorter. The longer it is, the better the beginning of a
	// run cancels out; the shorter, the less the difference costs.
	shorter = 8

	// slowdown is how much longer than elsewhere a benchmark may be silent, since it is simulated.
	slowdown = 4

	// countShare is the share of MaxTime that counts may take: a half, because a second of counting settles
	// more rows than a second of pairs. Under a load of a dozen processes valgrind needs several seconds to
	// begin.
	countShare = 2
)

// flagsThatInstrument are flags whose binaries do not run under valgrind: they map memory at places of their own.
var flagsThatInstrument = regexp.MustCompile(`(^|\s)['"]?--?(race|msan|asan)\b`)

// findMeter looks for an instrument, and records what it found. A run without one is as it was before
// there were instruments.
func (m *measurer) findMeter(ctx context.Context) {
	switch {
	case m.NoInstructions:
		m.addFact(gate.InstructionsFact, "not asked for")
		return
	case m.whyFresh != "":
		m.addFact(gate.InstructionsFact, gate.NotCounted+"every value has a process of its own")
		return
	}
	for _, s := range []*side{m.old, m.new} {
		if flag := flagsThatInstrument.FindString(s.fact("goflags")); flag != "" {
			m.addFact(gate.InstructionsFact, gate.NotCounted+"a build with "+strings.TrimSpace(flag)+
				" does not run under valgrind; without it in GOFLAGS the times are those of the program, too")
			return
		}
	}
	meter, err := instructions.Find(ctx, m.temp)
	if err != nil {
		m.addFact(gate.InstructionsFact, gate.NotCounted+whyNoMeter(ctx, err))
		return
	}
	m.meter = meter
	m.addFact(gate.InstructionsFact, "counted by "+meter.Name())
}

// whyNoMeter says why no instrument was found. If ctx was over, the search says nothing about the machine.
func whyNoMeter(ctx context.Context, err error) string {
	switch {
	case ctx.Err() == nil:
		return err.Error()
	case errors.Is(context.Cause(ctx), errLate):
		return "the time was over before an instrument was found; -max-time gives more"
	}
	return "interrupted before an instrument was found"
}

// countInstructions counts the rows of a package, with the binaries that listed them. packages is how
// many packages are still to be counted, this one included: each gets the same share of the time.
func (m *measurer) countInstructions(ctx context.Context, old, new binary, plans []*plan, packages int) error {
	if m.meter == nil {
		return nil
	}
	c := &counting{m: m, ops: map[*plan]int{}}
	for _, p := range plans {
		if p.Mode != gate.Sliced && p.Mode != gate.Fresh {
			continue
		}
		p.Instructions = &gate.Instructions{By: m.meter.Name(), Why: p.uncountable, Waiting: p.waiting}
		if p.Instructions.Why == "" {
			c.plans = append(c.plans, p)
		}
	}
	if len(c.plans) == 0 {
		return nil
	}
	began, share := time.Now(), time.Duration(0)
	if m.MaxTime > 0 {
		share = max(1, min(m.MaxTime/countShare-m.counted, m.left()/2)/time.Duration(max(1, packages)))
		c.deadline = began.Add(share)
	}
	old.meter, new.meter = m.meter, m.meter
	c.sides = [2]binary{old, new}
	m.show("counting instructions of "+plans[0].Package, 0, 0)
	err := c.countAll(ctx, began, share)
	for _, p := range c.plans {
		p.Spent += time.Since(began) / time.Duration(len(c.plans))
	}
	m.counted += time.Since(began)
	return err
}

// whyUncountable says why instructions say little about a row, or "". It runs the row on all cores, as
// often as ten slices do.
//
// Goroutines of RunParallel that never meet are as good as one. Goroutines that wait for each other may do so
// more or less, without any difference on the one processor on which instructions are counted. How often a
// goroutine begins to run tells both apart, and shows sleep and ping-pong as well. Locks do not show while
// the goroutines do not run at the same time. On a busy machine ten slices hardly ever have all cores, but a
// single slice now and then does. If there are none, equal instructions settle nothing.
func whyUncountable(w *worker, p *plan) (string, error) {
	const (
		runs      = 10
		runtime   = 40                    // begins of goroutines of the runtime itself
		turn      = 10 * time.Millisecond // after which the runtime lets another goroutine run
		recording = 8                     // the runtime records one begin in eight
		rare      = 0.02
	)
	ops, own := runs*p.ops, float64(runtime)
	if p.Mode != gate.Sliced {
		ops = p.ops
	}
	if bytes := p.bytesPerOp(); bytes*float64(ops) > mostBytes { // nothing is collected while begins are counted
		ops = max(1, int(mostBytes/bytes))
	}
	s, err := w.run(ops)
	if err != nil {
		return "", err
	}
	if float64(s.goroutines) > 16+rare*float64(ops) || p.parallel && s.goroutines > 2 && ops < 1000 {
		return fmt.Sprintf("its operations start goroutines (%.3g each), and instructions do not show how they "+
			"wait for each other", float64(s.goroutines)/float64(ops)), nil
	}
	p.waiting = ""
	began := time.Now()
	begins, busy, err := w.waits(ops)
	if err != nil {
		return "", err
	}
	took := time.Since(began)
	if busy = max(busy, s.busy); p.parallel && busy < manyCores {
		met := together{ops: p.ops}
		if err := met.look(w); err != nil {
			return "", err
		}
		if met.enough() {
			begins, ops, took, own = met.begins, met.slices*p.ops, met.took, met.ownBegins()
		} else {
			p.waiting = fmt.Sprintf("its goroutines used %.1f cores, so that locks between them would not show here",
				max(busy, met.busy))
		}
	}
	// A goroutine that computes begins again after each of its turns.
	background := own + recording*float64(took/turn)
	if float64(begins) > background+rare*float64(ops) {
		return fmt.Sprintf("its goroutines wait (%.2g times in an operation), and instructions do not show that",
			float64(begins)/float64(ops)), nil
	}
	return "", nil
}

// together are slices of a row in which its goroutines had several cores.
type together struct {
	ops    int // of a slice
	slices int
	begins int64
	took   time.Duration
	busy   float64 // of the busiest slice
}

// ownBegins returns how many begins the slices have without any waiting. Each starts about four goroutines,
// and the runtime records one begin in eight: that is half a record a slice, with the spread of a Poisson
// distribution, of which three times is allowed.
func (t *together) ownBegins() float64 { return 4*float64(t.slices) + 17*math.Sqrt(float64(t.slices)) }

// enough reports whether the slices show waiting: one wait in ten operations has to stand out.
func (t *together) enough() bool {
	return t.slices >= 3 && float64(t.slices*t.ops)/10 >= t.ownBegins()
}

// look runs slices until enough of them had several cores. It gives up after many slices, or after a third of a second.
func (t *together) look(w *worker) error {
	const most, longest = 40, time.Second / 3
	for i, began := 0, time.Now(); i < most && !t.enough() && time.Since(began) < longest; i++ {
		begun := time.Now()
		begins, busy, err := w.waits(t.ops)
		if err != nil {
			return err
		}
		t.busy = max(t.busy, busy)
		if busy >= manyCores {
			t.slices, t.begins, t.took = t.slices+1, t.begins+begins, t.took+time.Since(begun)
		}
	}
	return nil
}

// A counting is the counts of one package.
type counting struct {
	m        *measurer
	plans    []*plan
	ops      map[*plan]int // of the longer run; the first process sets them, the others only read
	sides    [2]binary
	deadline time.Time // zero for none
}

// A sample is one value of a row, or why there is none.
type sample struct {
	value float64
	err   error
}

// countAll counts with three processes of each side, and then the rows whose counts do not agree with more at
// a time, the most distant sides first. The first process runs alone, because it finds out how many
// operations the others run: a benchmark whose operations depend on their number must have the same number on
// both sides. It gets a third of the time: valgrind alone may take seconds to begin on a busy machine. A row
// that a process could not count, or did not reach in time, takes no part in the later ones.
func (c *counting) countAll(ctx context.Context, began time.Time, share time.Duration) error {
	first := c.deadline
	if share > 0 {
		first = began.Add(share / 3)
	}
	c.take([]int{0}, c.plans, []map[*plan]sample{c.count(ctx, 0, c.plans, first)})
	c.round(ctx, []int{1, 0, 1, 0, 1}, c.plans)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for !c.late(c.deadline) && ctx.Err() == nil {
		again := slices.DeleteFunc(slices.Clone(c.plans), func(p *plan) bool { return p.Instructions.Needs() == 0 })
		if len(again) == 0 {
			break
		}
		slices.SortStableFunc(again, func(p, q *plan) int {
			return cmp.Compare(q.Instructions.Distance(), p.Instructions.Distance())
		})
		c.round(ctx, []int{0, 1, 0, 1, 0, 1}, again)
	}
	return ctx.Err()
}

// turn returns the deadline of one of several processes that count at the same time, as many as there are cores.
// A row needs all of its processes. So each wave of processes gets the same share of the time and comes about as far
// in the list of rows: one deadline for all would cut off the last wave, and leave no row with all of its counts.
func turn(began, deadline time.Time, process, processes, cores int) time.Time {
	if deadline.IsZero() {
		return deadline
	}
	waves := (processes + cores - 1) / cores
	return began.Add(deadline.Sub(began) * time.Duration(process/cores+1) / time.Duration(waves))
}

// late reports whether a deadline has passed.
func (c *counting) late(deadline time.Time) bool {
	return !deadline.IsZero() && time.Now().After(deadline)
}

// round counts rows with a process for each of the given sides, on all cores.
func (c *counting) round(ctx context.Context, sides []int, plans []*plan) {
	plans = slices.DeleteFunc(slices.Clone(plans), func(p *plan) bool { return p.Instructions.Why != "" })
	if len(plans) == 0 {
		return
	}
	var group errgroup.Group
	cores, began := runtime.NumCPU(), time.Now()
	group.SetLimit(cores)
	taken := make([]map[*plan]sample, len(sides))
	for i, side := range sides {
		group.Go(func() error {
			taken[i] = c.count(ctx, side, plans, turn(began, c.deadline, i, len(sides), cores))
			return nil
		})
	}
	_ = group.Wait() // the functions return no errors
	c.take(sides, plans, taken)
}

// notReached is why a row has no counts if the time for them was over.
const notReached = "the time for counting was over before it; -max-time gives more"

// take puts the samples of some processes into the rows. A row with a failure has no counts at all.
func (c *counting) take(sides []int, plans []*plan, taken []map[*plan]sample) {
	for i, samples := range taken {
		for _, p := range plans {
			x := p.Instructions
			s, reached := samples[p]
			switch {
			case x.Why != "":
			case !reached:
				x.Why = notReached
			case s.err != nil:
				x.Why = oneLine(s.err.Error())
			case sides[i] == 0:
				x.Old = append(x.Old, s.value)
			default:
				x.New = append(x.New, s.value)
			}
			if x.Why != "" {
				x.Old, x.New = nil, nil
			}
			x.Ops = int64(c.ops[p])
		}
	}
}

// count counts rows in one process of a side, until the deadline. A row that spoils the process costs
// the rows after it nothing but the start of another one.
func (c *counting) count(ctx context.Context, side int, plans []*plan, deadline time.Time) map[*plan]sample {
	samples := map[*plan]sample{}
	l := c.m.lazyWorker([2]string{"old", "new"}[side], c.sides[side])
	l.silence *= slowdown
	if !c.deadline.IsZero() { // a benchmark that takes long must not use up the time of the pairs
		l.silence = min(l.silence, max(time.Second, time.Until(c.deadline)))
	}
	defer l.close()
	over := func() bool { return ctx.Err() != nil || c.late(deadline) }
	// add counts a row that the worker is at. Without a nil error the worker is of no use any more.
	add := func(p *plan, began time.Time, w *worker, err error) error {
		var value float64
		if err == nil {
			value, err = c.countRow(w, p, began)
		}
		if err != nil {
			l.kill()
			if c.late(c.deadline) { // it was cut short, which says nothing about the row
				return err
			}
		}
		samples[p] = sample{value, err}
		return err
	}
	for _, group := range byFunction(plans) {
		if over() {
			break
		}
		if len(group) > 1 {
			visit := func(p *plan, w *worker) error {
				if over() {
					return errLate
				}
				return add(p, time.Now(), w, nil)
			}
			if err := eachOf(ctx, l, group, visit); err != nil {
				l.kill()
			}
		}
		for _, p := range group { // the rows that one pass did not reach
			if _, counted := samples[p]; counted {
				continue
			}
			if over() {
				break
			}
			began := time.Now()
			w, err := l.enter(ctx, p.Name)
			if err = add(p, began, w, err); err == nil {
				if err := w.leave(); err != nil {
					l.kill()
					samples[p] = sample{0, err}
				}
			}
			if err != nil && c.late(c.deadline) {
				break
			}
		}
	}
	return samples
}

// byFunction divides plans into runs of neighbours that one benchmark function has.
func byFunction(plans []*plan) (groups [][]*plan) {
	for len(plans) > 0 {
		end := 1
		for end < len(plans) && functionOf(plans[end].Name) == functionOf(plans[0].Name) {
			end++
		}
		groups, plans = append(groups, plans[:end]), plans[end:]
	}
	return groups
}

// eachOf visits rows of one function in one pass through it. What the function and its sub-benchmarks prepare
// before their rows is then done once. BenchmarkDecode of BurntSushi/toml reads 200 files for its 14 rows,
// which takes 0.4 s, and 15 s under valgrind. The order of the rows is theirs in the function. It stops at
// the first error, of the worker or of a visit.
func eachOf(ctx context.Context, l *lazyWorker, plans []*plan, visit func(*plan, *worker) error) error {
	w, err := l.start(ctx)
	if err != nil {
		return err
	}
	byName, patterns := map[string]*plan{}, []string(nil)
	for _, p := range plans {
		byName[p.Name], patterns = p, append(patterns, pattern(p.Name))
	}
	return w.each(functionOf(plans[0].Name), strings.Join(patterns, "|"), func(name string) error {
		if p := byName[name]; p != nil {
			return visit(p, w)
		}
		return nil // a sub-benchmark of one of the rows on this side
	})
}

// errPrints is the error of a benchmark that writes to its standard output or error. What the write
// costs depends on the reader.
var errPrints = errors.New("it prints")

// countRow returns the instructions of an operation of the row that the worker is at. began is when the worker began to
// go there.
func (c *counting) countRow(w *worker, p *plan, began time.Time) (perOp float64, err error) {
	if c.ops[p] == 0 { // only in the first process
		ops, err := c.calibrate(w, p)
		if err != nil {
			return 0, err
		}
		c.ops[p] = ops
		defer func() {
			if spent := time.Since(began); err == nil && spent > c.m.RowTime {
				err = fmt.Errorf("a process takes %v to count it", rounded(spent))
			}
		}()
	}
	long := c.ops[p]
	short := max(1, long/shorter)
	printed := w.output.written.Load()
	before, after, err := leastCosts(w, short, long)
	if err != nil {
		return 0, err
	}
	// Package testing itself prints the name of the row, and the pipe may bring it late.
	const testing = 200
	if w.output.written.Load()-printed > int64(len(p.Name)+testing+(long-short)/2) {
		return 0, errPrints
	}
	if after <= before {
		return 0, fmt.Errorf("%d operations execute no more instructions than %d", long, short)
	}
	return float64(after-before) / float64(long-short), nil
}

// leastCosts returns the least costs of several runs of either length, by turns. A run that is longer
// than wanted, because a single operation is, is not repeated as often.
func leastCosts(w *worker, short, long int) (before, after int64, err error) {
	runs := mostRuns
	for i := 0; i < runs; i++ {
		a, err := cost(w, short)
		if err != nil {
			return 0, 0, err
		}
		b, err := cost(w, long)
		if err != nil {
			return 0, 0, err
		}
		if i == 0 {
			before, after = a, b
			runs = min(mostRuns, max(1, int(mostRuns*wantedInstructions/float64(max(1, a+b)))))
		}
		before, after = min(before, a), min(after, b)
	}
	return before, after, nil
}

// calibrate returns how many operations make wantedInstructions. What a run does besides its
// operations is subtracted: the preparation of a benchmark may be a hundred times as long as those.
func (c *counting) calibrate(w *worker, p *plan) (int, error) {
	n := max(1, p.ops)
	once, err := cost(w, n)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	twice, err := cost(w, 2*n)
	if err != nil {
		return 0, err
	}
	took := time.Since(began)
	perOp := max(float64(twice-once)/float64(n), float64(twice)/float64(2*n)/1000, 0.1)
	if perOp > mostInstructions {
		return 0, fmt.Errorf("an operation executes %.1g instructions", perOp)
	}
	ops := int(wantedInstructions / perOp)
	if bytes := p.bytesPerOp(); bytes*float64(ops) > mostBytes {
		ops = int(mostBytes / bytes)
	}
	// An operation that sleeps or looks at the clock executes few instructions and takes long.
	if most := float64(2*n) * float64(longestRun) / float64(max(1, took)); most < float64(ops) {
		ops = int(most)
	}
	return min(max(2, ops), 1e9), nil
}

// bytesPerOp returns what an operation allocates on the side that allocates more.
func (p *plan) bytesPerOp() (bytes float64) {
	for _, x := range p.Exact {
		if x.Unit == "B/op" && x.Ops > 0 {
			bytes = max(bytes, float64(max(slices.Max(x.Old), slices.Max(x.New)))/float64(x.Ops))
		}
	}
	return bytes
}

package claims

import (
	"fmt"
	"math"
)

// The works that only compute, with their names in sentences.
var computingWorks = []struct{ work, what string }{{"hash", "hashing"}, {"compress", "compression"}}

// The limits of the rules on computing.
const (
	noSpeedUp    = 1.1  // times as fast as serial; below it, a mode counts as no faster
	clearSpeedUp = 1.05 // times as fast as another mode; below it, a mode counts as no better
	equalWithin  = 0.05 // a smaller difference counts as none
	poolShare    = 0.9  // of the speed of goroutines; from it on, the pool counts as equally good
	oneCoreOnly  = "this process may use one core only: nothing can run in parallel here."
	noComputing  = "no computing was measured."
)

// usefulSpeedUp is the speed-up from which a mode counts as using the cores: half of the speed-up
// that the cores beyond the first could add. On two cores it is 1.5, on eight 4.5. All of it would
// demand what no real program reaches, and any speed-up at all would be met by noise.
func (m *dataset) usefulSpeedUp() float64 { return 1 + float64(m.cores-1)/2 }

// speedUps adds to c how many times as fast as serial a mode is, for all computing works. all and
// words have an element for each work that was measured, in the same order.
//
// A work that was not measured is left out instead of deciding the claim. A claim about all
// computing then rests on the rest, and the figures show which that is.
func (m *dataset) speedUps(c *Claim, mode, how string) (all []Estimate, words []string) {
	for _, w := range computingWorks {
		e := c.addFigure(
			w.what+", "+how, ratio(m.findRow(w.work, serial), m.findRow(w.work, mode), perTask),
			Estimate.times,
		)
		if e.measured() {
			all = append(all, e)
			words = append(words, w.what+" "+e.times())
		}
	}
	return all, words
}

// compareAll compares every estimate with limit.
// compareAll keeps the order of the works. A rule that needs all of them uses allAre, which is
// false for no works at all.
func compareAll(all []Estimate, limit float64) (answers []answer) {
	for _, e := range all {
		answers = append(answers, e.atLeast(limit))
	}
	return answers
}

// concludeBetween leaves a claim on speed-ups undecided: they lie between its two limits, or their
// intervals contain one.
func (m *dataset) concludeBetween(c *Claim, words []string) {
	c.conclude(
		Undecided,
		"%s as fast as serial on %d cores: between none and half of what the further cores "+
			"could add.",
		joined(words), m.cores,
	)
}

// globalLock decides whether threads speed up computing. Goroutines on one core stand for threads
// under a global lock: they never run at the same time. The claim fails only if all works refute
// it, and holds only if none gains. Between the two limits the outcome is not decided, on purpose:
// one limit for both would let noise choose between “holds” and “does not hold”.
//
// The text names what a textbook on Python would measure. Go has no such lock, so one core
// imitates it, and the remark says where the sentence is true.
func globalLock(m *dataset) *Claim {
	c := &Claim{
		ID:   "turns",
		Text: "Threads do not make computing faster, because only one runs at a time",
		Rule: fmt.Sprintf(
			"It does not hold if goroutines on all %d cores are at least %s times as fast as "+
				"serial in "+
				"all computing, which is half of what the further cores could add. It holds if "+
				"they are less than %s "+
				"times as fast in all of it. Goroutines on one core stand in for threads under "+
				"a lock of the "+
				"interpreter, as Python's GIL.",
			m.cores, number(m.usefulSpeedUp()), number(noSpeedUp),
		),
	}
	all, words := m.speedUps(c, goroutines, "goroutines on all cores")
	turning, turningWords := m.speedUps(c, oneCore, "goroutines on one core")
	var equal []string
	for i, e := range turning {
		if e.within(1-equalWithin, 1+equalWithin) {
			equal = append(equal, turningWords[i])
		}
	}
	if equal != nil {
		c.addRemark(
			"Where only one thread runs at a time, as under Python's GIL, it does hold: on one "+
				"core %s of serial, "+
				"which is equal within %.0f %%.",
			joined(equal), equalWithin*100,
		)
	}
	used := compareAll(all, m.usefulSpeedUp())
	switch {
	case all == nil:
		c.conclude(Unmeasurable, noComputing)
	case m.cores < 2:
		c.conclude(Unmeasurable, oneCoreOnly)
	case allAre(used, yes):
		c.conclude(
			Fails,
			"because goroutines run on all cores at once, in one process: %s as fast as serial "+
				"on %d cores.",
			joined(words), m.cores,
		)
	case allAre(compareAll(all, noSpeedUp), no):
		c.conclude(Holds, "%s as fast as serial on %d cores.", joined(words), m.cores)
	default:
		m.concludeBetween(c, words)
	}
	return c
}

// processesForComputing decides whether processes speed up computing, and from which size of a task
// on. A break-even size below which the pool is surely slower turns "holds" into "holds only when".
// The pool is timed once it is started, since a program starts it once. The start is a remark with
// its own figure.
//
// The order of the cases is from strict to mild. “holds only when” needs a size that is
// certainly slower: a size that merely was not shown to be faster is no condition.
func processesForComputing(m *dataset) *Claim {
	c := &Claim{
		ID:   "computing",
		Text: "Processes make computing faster",
		Rule: fmt.Sprintf(
			"It holds if a pool of processes is at least %s times as fast as serial in all "+
				"computing, "+
				"once it is started, and at every size of a task. It holds only when tasks are "+
				"long enough if smaller ones "+
				"are slower than serial. It does not hold if the pool is less than %s times as "+
				"fast in all of it.",
			number(m.usefulSpeedUp()), number(noSpeedUp),
		),
	}
	all, words := m.speedUps(c, processes, "pool of processes")
	m.speedUps(c, processPerTask, "a process per task")
	even := m.breakEven(1, serial)
	switch {
	case all == nil:
		c.conclude(Unmeasurable, noComputing)
	case m.cores < 2:
		c.conclude(Unmeasurable, oneCoreOnly)
	case allAre(compareAll(all, m.usefulSpeedUp()), yes) && even.below > 0:
		c.conclude(
			HoldsWhen,
			"a task is long enough to be worth its message: %s. Of tasks of milliseconds, %s "+
				"as fast as "+
				"serial on %d cores.",
			even, joined(words), m.cores,
		)
	case allAre(compareAll(all, m.usefulSpeedUp()), yes):
		c.conclude(Holds, "%s as fast as serial on %d cores.", joined(words), m.cores)
	case allAre(compareAll(all, noSpeedUp), no):
		c.conclude(Fails, "because %s as fast as serial on %d cores.", joined(words), m.cores)
	default:
		m.concludeBetween(c, words)
	}
	m.remarkOnStart(c)
	if near := m.breakEven(poolShare, goroutines); near.isKnown() {
		c.addRemark(
			"Against goroutines on as many cores, the pool comes within %.0f %% of their speed %s.",
			(1-poolShare)*100, near.threshold(),
		)
	}
	return c
}

// remarkOnStart compares the time to start the pool with the time that the pool saves. At a gain
// g, serial work of t seconds takes t/g in the pool and saves t·(1-1/g). So a start of s seconds
// is earned back after s/(1-1/g). Without a gain it never is, and there is no remark.
//
// The work hash stands for all works, since the start of a pool does not depend on what it will
// do. A gain of 1 or less would divide by zero or give a negative time.
func (m *dataset) remarkOnStart(c *Claim) {
	pool := m.findRow("hash", processes)
	start, gain := medianOf(pool, startup), ratio(m.findRow("hash", serial), pool, perTask)
	if !start.measured() || !gain.measured() || gain.At <= 1 {
		return
	}
	c.addFigure("start of the pool", start, Estimate.seconds)
	c.addRemark(
		"The pool of %s took %s to start. At %s× it has earned that back after %s of serial work.",
		pool.params["workers"], start.seconds(), number(gain.At), duration(start.At/(1-1/gain.At)),
	)
}

// processesOrThreads decides which of the two to take for computing. It compares the pool with
// goroutines on all cores, the best that threads can do in Go. A comparison with one core alone
// would answer for languages with a global lock, and is a remark.
//
// Both directions need all works. A pool that wins one work and loses another is undecided, and
// the figures say which is which.
func processesOrThreads(m *dataset) *Claim {
	c := &Claim{
		ID:   "choosing",
		Text: "For computing, take processes and not threads",
		Rule: fmt.Sprintf(
			"It holds if the pool of processes, once started, is more than %.0f %% faster than "+
				"goroutines on "+
				"all cores in all computing, and does not hold if it is not in any.",
			(clearSpeedUp-1)*100,
		),
	}
	var against []answer
	var words, turning []string
	for _, w := range computingWorks {
		pool := m.findRow(w.work, processes)
		e := c.addFigure(
			w.what+", pool against goroutines", ratio(m.findRow(w.work, goroutines), pool, perTask),
			Estimate.times,
		)
		if e.measured() {
			against = append(against, e.atLeast(clearSpeedUp))
			words = append(words, w.what+" "+e.times())
		}
		g := c.addFigure(
			w.what+", pool against one core", ratio(m.findRow(w.work, oneCore), pool, perTask),
			Estimate.times,
		)
		if g.atLeast(clearSpeedUp) == yes {
			turning = append(turning, w.what+" "+g.times())
		}
	}
	switch {
	case against == nil:
		c.conclude(Unmeasurable, noComputing)
	case m.cores < 2:
		c.conclude(Unmeasurable, oneCoreOnly)
	case allAre(against, yes):
		c.conclude(Holds, "the pool is %s as fast as goroutines.", joined(words))
	case allAre(against, no):
		c.conclude(
			Fails,
			"because goroutines use the same cores without leaving the process: relative to "+
				"them the pool reaches %s.",
			joined(words),
		)
	default:
		c.conclude(Undecided, "relative to goroutines the pool reaches %s.", joined(words))
	}
	m.remarkOnPool(c, turning)
	return c
}

// remarkOnPool adds what else speaks for or against the pool: the speed of threads that take
// turns, and its memory.
//
// It is a remark because the claim is about time. For a choice by memory, the number is here.
func (m *dataset) remarkOnPool(c *Claim, turning []string) {
	if turning != nil && m.cores > 1 {
		c.addRemark(
			"Against threads that take turns it does hold: relative to goroutines on one core "+
				"the pool reaches %s.",
			joined(turning),
		)
	}
	if e := m.poolMemory(); e.measured() {
		c.addRemark(
			"The pool takes %s the memory of the goroutines (peak resident, the program's own "+
				"pages counted in each).",
			e.times(),
		)
	}
}

// poolMemory estimates how much more memory the pool takes than as many goroutines. It is the peak
// of the resident memory, of all processes together, so pages that they share count in each of
// them.
//
// Counting shared pages in each process overstates the pool. The text of the remark says so; a
// proportional share would need a reading of the kernel that not every system has.
func (m *dataset) poolMemory() Estimate {
	return ratio(m.findRow("hash", processes), m.findRow("hash", goroutines), peakBytes)
}

// A crossover is the size of a task at which one mode becomes as fast as another. Sizes are given
// as seconds of serial work per task. at lies between below and above where both are known, but for
// noise.
//
// below and above may leave a gap in which nothing is certain; at is somewhere in it. The text
// shows all three, so that the guess is not taken for a bound.
type crossover struct {
	// interpolated between the medians of two sizes; 0 if there is no such size
	at float64
	// the largest size that is certainly slower, the smallest one certainly as fast; 0 if none
	below, above float64
	first        float64 // the smallest size
}

// breakEven returns the size of a task from which on the pool reaches a share of the speed of
// mode.
//
// It walks the sizes upwards. A size at which the pool falls behind again cancels what was found
// below it: the result is the last crossing, from which on the pool stays ahead. at comes from
// medians and is a guess between two sizes; below and above come from intervals and are certain.
func (m *dataset) breakEven(share float64, mode string) (e crossover) {
	var before struct{ task, speed float64 }
	for _, size := range m.sizes("grain") {
		task := medianOf(m.rowOfSize("grain", serial, size), perTask)
		speed := ratio(
			m.rowOfSize("grain", mode, size), m.rowOfSize("grain", processes, size), perTask,
		)
		if !task.measured() || !speed.measured() {
			continue
		}
		if e.first == 0 {
			e.first = task.At
		}
		// below and above follow the certain answers, and at in the second switch follows the
		// medians. They may disagree about a size, and then the certain ones win in the text.
		switch speed.atLeast(share) {
		case no:
			e.below, e.above = task.At, 0
		case yes:
			if e.above == 0 {
				e.above = task.At
			}
		// An open size ends the certainty of the sizes below it: the pool may fall behind here.
		case open:
			e.above = 0
		}
		switch {
		case speed.At < share:
			e.at = 0
		case e.at == 0 && before.task == 0:
			e.at = task.At
		case e.at == 0: // interpolate between two sizes on a logarithmic scale
			// before.speed is below share here, and speed.At is not, so part lies between 0 and
			// 1, and the divisor is above 0.
			part := math.Log(share/before.speed) / math.Log(speed.At/before.speed)
			e.at = before.task * math.Pow(task.At/before.task, part)
		}
		before.task, before.speed = task.At, speed.At
	}
	return e
}

// isKnown reports whether any size was measured in both modes.
func (e crossover) isKnown() bool { return e.first > 0 }

// threshold says in words from which size on. It adds the certain bounds if a size is surely
// slower; an upper bound alone is left out, because the interpolated size lies below it anyway.
//
// “at every size measured” needs certainty at the smallest size. Without it the guess is given.
func (e crossover) threshold() string {
	switch {
	case e.at == 0:
		return "at none of the sizes measured"
	case e.below == 0 && e.above == e.first:
		return "at every size measured, from tasks of " + duration(e.first)
	}
	s := "from tasks of about " + duration(e.at)
	switch {
	case e.below > 0 && e.above > 0:
		s += fmt.Sprintf(" (surely not at %s, surely at %s)", duration(e.below), duration(e.above))
	case e.below > 0:
		s += fmt.Sprintf(" (surely not at %s)", duration(e.below))
	}
	return s
}

// String says in a sentence from which size on the pool beats serial.
func (e crossover) String() string {
	if e.at == 0 {
		return "it beats serial " + e.threshold()
	}
	return "the pool beats serial " + e.threshold()
}

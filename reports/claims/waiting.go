package claims

import "fmt"

// waitingSpeedUp is the speed-up over serial that counts as “good for waiting”: half of the time
// is saved.
const waitingSpeedUp = 2

// The works that wait, with their names in sentences.
var waitingWorks = []struct{ work, what string }{{"http", "HTTP"}, {"files", "file reads"}}

// threadsForWaiting decides whether threads serve work that waits for I/O. One core stands for
// threads under a global lock, as in globalLock: what waits needs no core.
//
// One core is the strict test. What passes there does not need parallelism, and waiting is all
// that can have been saved.
func threadsForWaiting(m *dataset) *Claim {
	c := &Claim{
		ID:   "waiting",
		Text: "Threads are good for work that waits for I/O",
		Rule: "It holds if goroutines on one core, which take turns like threads under a " +
			"global lock, are at " +
			"least twice as fast as serial in every work that waits. It holds only under a " +
			"condition if " +
			"some works are, or only with all cores. It does not hold if goroutines are less " +
			"than twice " +
			"as fast in all works.",
	}
	var found waitingResults
	for _, w := range waitingWorks {
		if m.waitsFor(c, w.work) {
			found.add(m, c, w.work, w.what)
		}
	}
	found.conclude(c)
	return c
}

// waitingResults are the answers of all works that wait.
type waitingResults struct {
	// at least waitingSpeedUp times as fast as serial, on one core and on all
	one, all               []answer
	yesOne, yesAll, others []string // the same in words; each work is in one of the lists
}

// add adds the figures and the answers of one work. Each work enters one of the three lists of
// words, by the first mode that reaches the limit: one core, else all cores, else none.
//
// Processes are a figure and no condition: the sentence is about threads.
func (f *waitingResults) add(m *dataset, c *Claim, work, what string) {
	a := c.addFigure(
		what+", one core", ratio(m.findRow(work, serial), m.findRow(work, oneCore), perTask),
		Estimate.times,
	)
	b := c.addFigure(
		what+", all cores", ratio(m.findRow(work, serial), m.findRow(work, goroutines), perTask),
		Estimate.times,
	)
	c.addFigure(
		what+", processes", ratio(m.findRow(work, serial), m.findRow(work, processes), perTask),
		Estimate.times,
	)
	x, y := a.atLeast(waitingSpeedUp), b.atLeast(waitingSpeedUp)
	f.one, f.all = append(f.one, x), append(f.all, y)
	switch {
	case x == yes:
		f.yesOne = append(
			f.yesOne, fmt.Sprintf("%s is %s as fast as serial on a single core", what, a.times()),
		)
	case y == yes:
		f.yesAll = append(
			f.yesAll,
			fmt.Sprintf("%s %s with all cores, and %s on one", what, b.times(), a.times()),
		)
	default:
		f.others = append(f.others, fmt.Sprintf("%s %s with all cores", what, b.times()))
	}
}

// conclude decides the claim by the answers of all works. The order of the cases matters: "holds"
// needs one core alone, and "fails" needs every work and both modes below the limit.
func (f *waitingResults) conclude(c *Claim) {
	switch {
	case f.one == nil:
		c.conclude(Unmeasurable, "no work was measured that waits on this machine.")
	case allAre(f.one, yes):
		c.conclude(Holds, "%s.", joined(f.yesOne))
	case f.yesOne == nil && f.yesAll == nil && allAre(f.one, no) && allAre(f.all, no):
		c.conclude(Fails, "because %s: less than twice.", joined(f.others))
	case f.yesOne == nil && f.yesAll == nil:
		c.conclude(
			Undecided, "%s: the interval leaves open whether that is twice.", joined(f.others),
		)
	default:
		c.conclude(HoldsWhen, "%s", f.condition())
	}
}

// condition says under which condition threads are good for waiting.
//
// File reads are the usual exception. The kernel has no readiness for regular files, so a read
// holds its thread, and on one core the next goroutine waits until the runtime notices.
func (f *waitingResults) condition() (s string) {
	switch {
	case f.yesOne != nil:
		s = "the runtime can wait for all of them at once, as on the network: " + joined(
			f.yesOne,
		) + "."
	default:
		s = "there is more than one core."
	}
	if f.yesAll != nil {
		s += " A blocking call, such as a read of a file, keeps the goroutine's place on its " +
			"core until the runtime takes " +
			"it back: " + joined(
			f.yesAll,
		) + "."
	}
	if f.others != nil {
		s += " Not shown to be twice as fast: " + joined(f.others) + "."
	}
	return s
}

// waitsFor reports whether a work was measured and does wait on this machine. A file in the page
// cache makes a read of it computing, so it would refute a claim about waiting by mistake.
//
// The text says where the file lay, because only the measurement knew it.
func (m *dataset) waitsFor(c *Claim, work string) bool {
	if m.findRow(work, serial) == nil {
		return false
	}
	if work == "files" && (m.files == "memory" || m.files == "cached") {
		c.addRemark(
			"File reads are left out: the file lies in memory (files: %s), so nothing waits.",
			m.files,
		)
		return false
	}
	return true
}

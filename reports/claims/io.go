package claims

import "fmt"

// twice is what “good for waiting” has to mean at least: half of the time is gone.
const twice = 2

var waits = []struct{ work, what string }{{"http", "HTTP"}, {"files", "file reads"}}

// waiting is about threads where work waits for I/O.
func waiting(m *measured) *Claim {
	c := &Claim{
		ID:   "waiting",
		Text: "Threads are good for work that waits for I/O",
		Rule: "It holds if goroutines on one core, which take turns as threads under a global lock do, are at " +
			"least twice as fast as serial in every work that waits. It holds only when a second core or the " +
			"right kind of waiting is there if that is so of some, or only with all cores. It does not hold if " +
			"goroutines are less than twice as fast in all of them.",
	}
	var one, all []answer
	var yesOne, yesAll, rest []string
	for _, w := range waits {
		if !m.waitsFor(c, w.work) {
			continue
		}
		a := c.add(w.what+", one core", ratio(m.find(w.work, serial), m.find(w.work, oneCore), perTask), Estimate.times)
		b := c.add(w.what+", all cores", ratio(m.find(w.work, serial), m.find(w.work, goroutines), perTask), Estimate.times)
		c.add(w.what+", processes", ratio(m.find(w.work, serial), m.find(w.work, processes), perTask), Estimate.times)
		x, y := a.atLeast(twice), b.atLeast(twice)
		one, all = append(one, x), append(all, y)
		switch {
		case x == yes:
			yesOne = append(yesOne, fmt.Sprintf("%s is %s as fast as serial on a single core", w.what, a.times()))
		case y == yes:
			yesAll = append(yesAll, fmt.Sprintf("%s %s with all cores, and %s on one", w.what, b.times(), a.times()))
		default:
			rest = append(rest, fmt.Sprintf("%s %s with all cores", w.what, b.times()))
		}
	}
	switch {
	case one == nil:
		c.settle(Unmeasurable, "no work that waits was measured, or nothing here makes it wait.")
	case every(one, yes):
		c.settle(Holds, "%s.", list(yesOne))
	case yesOne == nil && yesAll == nil && every(one, no) && every(all, no):
		c.settle(Fails, "because %s: less than twice.", list(rest))
	case yesOne == nil && yesAll == nil:
		c.settle(Undecided, "%s: the interval leaves open whether that is twice.", list(rest))
	default:
		c.settle(HoldsWhen, "%s", condition(yesOne, yesAll, rest))
	}
	return c
}

// condition says when waiting is what threads are good for.
func condition(yesOne, yesAll, rest []string) (s string) {
	switch {
	case yesOne != nil:
		s = "the runtime can wait for all of them at once, as on the network: " + list(yesOne) + "."
	default:
		s = "there is more than one core."
	}
	if yesAll != nil {
		s += " A blocking call, as a read of a file, keeps the goroutine's place on its core until the runtime takes " +
			"it back: " + list(yesAll) + "."
	}
	if rest != nil {
		s += " Not told to be twice as fast: " + list(rest) + "."
	}
	return s
}

// waitsFor reports whether a work was measured and does wait.
func (m *measured) waitsFor(c *Claim, work string) bool {
	if m.find(work, serial) == nil {
		return false
	}
	if work == "files" && (m.files == "memory" || m.files == "cached") {
		c.beside("File reads are left out: the file lies in memory (files: %s), so nothing waits.", m.files)
		return false
	}
	return true
}

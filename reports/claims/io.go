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
	var found waited
	for _, w := range waits {
		if m.waitsFor(c, w.work) {
			found.add(m, c, w.work, w.what)
		}
	}
	found.settle(c)
	return c
}

// waited is what the works that wait say.
type waited struct {
	one, all             []answer // at least twice as fast, on one core and on all
	yesOne, yesAll, rest []string // the same in words, each work once
}

func (f *waited) add(m *measured, c *Claim, work, what string) {
	a := c.add(what+", one core", ratio(m.find(work, serial), m.find(work, oneCore), perTask), Estimate.times)
	b := c.add(what+", all cores", ratio(m.find(work, serial), m.find(work, goroutines), perTask), Estimate.times)
	c.add(what+", processes", ratio(m.find(work, serial), m.find(work, processes), perTask), Estimate.times)
	x, y := a.atLeast(twice), b.atLeast(twice)
	f.one, f.all = append(f.one, x), append(f.all, y)
	switch {
	case x == yes:
		f.yesOne = append(f.yesOne, fmt.Sprintf("%s is %s as fast as serial on a single core", what, a.times()))
	case y == yes:
		f.yesAll = append(f.yesAll, fmt.Sprintf("%s %s with all cores, and %s on one", what, b.times(), a.times()))
	default:
		f.rest = append(f.rest, fmt.Sprintf("%s %s with all cores", what, b.times()))
	}
}

func (f *waited) settle(c *Claim) {
	switch {
	case f.one == nil:
		c.settle(Unmeasurable, "no work that waits was measured, or nothing here makes it wait.")
	case every(f.one, yes):
		c.settle(Holds, "%s.", list(f.yesOne))
	case f.yesOne == nil && f.yesAll == nil && every(f.one, no) && every(f.all, no):
		c.settle(Fails, "because %s: less than twice.", list(f.rest))
	case f.yesOne == nil && f.yesAll == nil:
		c.settle(Undecided, "%s: the interval leaves open whether that is twice.", list(f.rest))
	default:
		c.settle(HoldsWhen, "%s", f.condition())
	}
}

// condition says when waiting is what threads are good for.
func (f *waited) condition() (s string) {
	switch {
	case f.yesOne != nil:
		s = "the runtime can wait for all of them at once, as on the network: " + list(f.yesOne) + "."
	default:
		s = "there is more than one core."
	}
	if f.yesAll != nil {
		s += " A blocking call, as a read of a file, keeps the goroutine's place on its core until the runtime takes " +
			"it back: " + list(f.yesAll) + "."
	}
	if f.rest != nil {
		s += " Not shown to be twice as fast: " + list(f.rest) + "."
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

package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// least returns the smallest of all totals.
func (x Exact) least() int64 {
	return slices.Min(slices.Concat(x.Old, x.New))
}

// threshold returns the increase of a total that counts. It is half of one
// allocation in a thousand operations, or half of the block of 16 bytes that tiny
// objects share; and it is more than what a process allocates once. One allocation in
// a thousand of 8000 operations is over it, where an operation makes at most 50.
//
// Above that, a floor of one in 50 000 decides. The two sides
// are two processes, and each hashes maps, grows tables and fills pools in its own
// way. That shifts every total of one process by the same few allocations, more
// where more is allocated: 7 of 918 262 were seen between equal binaries. The
// repeats agree then, so their spread does not show it. Totals of both sides that
// differ less are no regression of the code in either direction.
func (x Exact) threshold() float64 {
	floor := float64(x.least()) / 50_000
	if x.Unit == "B/op" {
		return max(512, 16*float64(x.Ops)/2000, floor)
	}
	return max(4, float64(x.Ops)/2000, floor)
}

// ofRuntime is more bytes than the runtime takes for an object of its own, on average: 112 for a goroutine that waits
// for a channel, 96 for a timer, 480 for a goroutine, and 5320 in six objects for a thread. These were all that 1440
// processes allocated beside the same program.
const ofRuntime = 1024

// explained returns how many bytes a difference of allocations explains. The runtime keeps the objects of waiters and
// goroutines in a pool for each processor, and allocates more if one pool runs dry while another one fills up. So
// their number grows with the operations, and allocs/op allows for it. Their bytes have to be allowed for too, or five
// waiters in 40 000 operations, 560 bytes, are a regression of bytes and none of allocations. A limit that grows with
// the operations alone would hide as many bytes of objects that became larger. Those come without an allocation, and
// are explained by nothing.
//
// Allocations over their own threshold decide the row. They explain no bytes beyond it.
func (x Exact) explained(allocs int64) float64 {
	return ofRuntime * min(max(0, float64(allocs)), x.threshold())
}

// judgeCounts judges the metrics of a row, and its bytes beside its allocations.
func judgeCounts(exact []Exact) (all []Counted) {
	for _, x := range exact {
		beside := func(y Exact) bool {
			return x.Unit == "B/op" && y.Unit == "allocs/op" && y.Alone == x.Alone && y.Ops == x.Ops &&
				len(y.Old) == len(x.Old) && len(y.New) == len(x.New)
		}
		var allocs *Exact
		if i := slices.IndexFunc(exact, beside); i >= 0 && len(x.Old) > 0 && len(x.New) > 0 {
			allocs = &exact[i]
		}
		all = append(all, x.judge(allocs))
	}
	return all
}

// judge compares the least totals, and doubts them where the repeats disagree. allocs are the allocations of
// a metric of bytes, or nil.
func (x Exact) judge(allocs *Exact) Counted {
	c := Counted{Unit: x.Unit, Alone: x.Alone, Ops: x.Ops}
	if x.Ops < 1 || len(x.Old) == 0 || len(x.New) == 0 {
		c.Verdict, c.Why = Unmeasured, "nothing was counted"
		return c
	}
	c.exact = x.agreeBeside(allocs)
	old, new := slices.Sorted(slices.Values(x.Old)), slices.Sorted(slices.Values(x.New))
	c.Old, c.New = float64(old[0])/float64(x.Ops), float64(new[0])/float64(x.Ops)
	grown := float64(new[0] - old[0])
	exact := c.exact
	more, less := x.threshold(), x.threshold()
	if allocs != nil {
		added := slices.Min(allocs.New) - slices.Min(allocs.Old)
		more, less = more+allocs.explained(added), less+allocs.explained(-added)
	}
	last := len(new) - 1
	switch {
	case grown >= more && (exact || x.separate(old, new)):
		c.Verdict, c.Why = Regressed, c.change()
	case grown >= more:
		c.Verdict, c.Why = Inconclusive, c.change()+differAsMuch
		switch {
		case len(old) == 1 || len(new) == 1:
			c.Why = c.change() + ", but one repeat cannot tell that from what else runs; count 3 times"
		case x.Alone:
			c.Why += ": goroutines met in most repeats, because the runtime lets another one run after 10 ms; " +
				"a quieter machine, or a shorter operation, counts exactly"
		}
	case -grown >= less && exact:
		c.Verdict, c.Why = Improved, c.change()
	case exact, last == 0:
		c.Verdict, c.Why = Unchanged, fmt.Sprintf("%s %s", count(c.New), c.unit())
	default:
		c.Verdict = Unchanged
		c.Why = fmt.Sprintf("%s to %s %s by chance, so that a small increase does not show", count(c.New),
			count(float64(new[last])/float64(x.Ops)), c.unit())
	}
	return c
}

// Agree reports whether the repeats of either side agree in every metric, so that a difference between the sides is
// exact.
func Agree(exact []Exact) bool {
	for _, c := range judgeCounts(exact) {
		if !c.exact {
			return false
		}
	}
	return true
}

// differAsMuch ends the reason of a count that is INCONCLUSIVE.
const differAsMuch = ", but the repeats of one side differ as much"

// preferAlone lets counts on one processor decide where counts with several
// goroutines are INCONCLUSIVE. The latter differ by how often goroutines met, and
// on one processor they do not meet.
func preferAlone(all []Counted) {
	for i := range all {
		at := slices.IndexFunc(all, func(c Counted) bool { return c.Alone && c.Unit == all[i].Unit })
		if at < 0 || all[i].Verdict != Inconclusive || all[at].Verdict.rank() <= Inconclusive.rank() {
			continue
		}
		all[i].Verdict = all[at].Verdict
		all[i].Why += ", which depends on how goroutines met; on one processor " + all[at].Why
	}
}

// adviseOnChance adds to counts that stay INCONCLUSIVE what would make them exact.
func adviseOnChance(all []Counted) {
	for i, c := range all {
		if c.Verdict == Inconclusive && strings.HasSuffix(c.Why, differAsMuch) {
			all[i].Why += ": it allocates by chance, as with random input, maps or goroutines that meet; without " +
				"chance, such as with a fixed seed, it is exact"
		}
	}
}

// agreeBeside reports whether the repeats of either side agree. Bytes may differ by what their allocations explain.
func (x Exact) agreeBeside(allocs *Exact) bool {
	agree := func(totals, allocations []int64) bool {
		limit := x.threshold()
		if allocs != nil {
			limit += allocs.explained(usual(allocations))
		}
		return len(totals) > 1 && float64(usual(totals)) < limit
	}
	if allocs == nil {
		return agree(x.Old, nil) && agree(x.New, nil)
	}
	return agree(x.Old, allocs.Old) && agree(x.New, allocs.New)
}

// usual returns by how much most of the totals exceed the least of them at most.
func usual(totals []int64) int64 {
	sorted := slices.Sorted(slices.Values(totals))
	return sorted[len(sorted)/2] - sorted[0]
}

// separate reports whether the gap between the sorted totals of both sides is
// wider than either side.
func (x Exact) separate(old, new []int64) bool {
	last := len(old) - 1
	width := max(old[last]-old[0], new[len(new)-1]-new[0])
	return len(old) > 2 && len(new) > 2 && new[0]-old[last] > width
}

// change is "+4 allocations an operation (1 to 5)". A change of less than one is
// told for 1000 operations, where one allocation more can be seen:
// "+1 allocation in 1000 operations (2 to 2.001)".
func (c Counted) change() string {
	size, each := c.New-c.Old, "an operation"
	if math.Abs(size) < 1 {
		size, each = size*1000, "in 1000 operations"
	}
	number, noun := fmt.Sprintf("%+.4g", size), ""
	switch c.Unit {
	case "allocs/op":
		noun = "allocations"
	case "B/op":
		noun = "bytes"
	default: // a metric of the benchmark's own
		return fmt.Sprintf("%s, was %s %s", count(c.New), count(c.Old), c.Unit)
	}
	if number == "+1" || number == "-1" {
		noun = strings.TrimSuffix(noun, "s")
	}
	if c.Alone {
		each += " on one processor"
	}
	return fmt.Sprintf("%s %s %s (%s to %s)", number, noun, each, count(c.Old), count(c.New))
}

// unit names the unit, and the way of counting if that is unusual.
func (c Counted) unit() string {
	if c.Alone {
		return c.Unit + " on one processor"
	}
	return c.Unit
}

// count formats a count per operation: six digits show one allocation in 1000
// operations.
func count(v float64) string {
	if v == math.Trunc(v) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.6g", v)
}

package gate

import (
	"fmt"
	"math"
	"slices"
)

// A Counted is the judgement on an exact metric. It needs no statistics, for two reasons.
//
// What runs beside the measured operations (the garbage collector, timers, the growing of a table)
// can add to a total, never take away, so of several repeats the least is nearest to the truth. And it
// does not grow with the number of operations, so an increase of less than half of one in a thousand
// operations, or of a few all together, is not looked at: a sync.Pool that is filled for one
// processor more is two allocations, in every repeat of a process or in none.
//
// The least is believed if more than half of the repeats are within that much of it: then it
// is what the operations cost and not luck. Counts that differ more depend on how goroutines met;
// they are not exact. Those fail only if all new ones are above all old ones by more than either
// side varies, and are INCONCLUSIVE if only the least ones say so.
type Counted struct {
	Unit     string
	Alone    bool    // counted on one processor
	Old, New float64 // per operation, of the least repeats
	Ops      int64
	Verdict  Verdict
	Why      string
}

// Ratio is how many times as much the new side counts; 1 if both count nothing.
func (c Counted) Ratio() float64 {
	if c.Old == c.New {
		return 1
	}
	return c.New / c.Old
}

// finest is what an increase has to reach, in total: half of one allocation in a thousand operations,
// or half of the smallest object that Go allocates, 8 bytes, in a thousand; and more than what is
// allocated once. One in a thousand of 8000 operations or more is always over it.
func (x Exact) finest() float64 {
	if x.Unit == "B/op" {
		return max(512, 8*float64(x.Ops)/2000)
	}
	return max(4, float64(x.Ops)/2000)
}

func (x Exact) judge() Counted {
	c := Counted{Unit: x.Unit, Alone: x.Alone, Ops: x.Ops}
	if x.Ops < 1 || len(x.Old) == 0 || len(x.New) == 0 {
		c.Verdict, c.Why = Unmeasured, "nothing was counted"
		return c
	}
	old, new := slices.Sorted(slices.Values(x.Old)), slices.Sorted(slices.Values(x.New))
	c.Old, c.New = float64(old[0])/float64(x.Ops), float64(new[0])/float64(x.Ops)
	grown := float64(new[0] - old[0])
	settled := x.settled(old) && x.settled(new)
	switch {
	case grown >= x.finest() && (settled || x.apart(old, new)):
		c.Verdict, c.Why = Regressed, c.change()
	case grown >= x.finest():
		c.Verdict = Inconclusive
		c.Why = c.change() + ", but the repeats of one side differ as much"
		if len(old) == 1 || len(new) == 1 {
			c.Why = c.change() + ", but one repeat cannot tell that from what else runs; count 3 times"
		}
	case -grown >= x.finest() && settled:
		c.Verdict, c.Why = Improved, c.change()
	default:
		c.Verdict, c.Why = Unchanged, fmt.Sprintf("%s %s", count(c.New), c.unit())
	}
	return c
}

// settle lets counts on one processor decide where those of goroutines that meet cannot: what those differ
// by is how often they met.
func settle(all []Counted) {
	for i := range all {
		same := func(c Counted) bool { return c.Alone && c.Unit == all[i].Unit }
		at := slices.IndexFunc(all, same)
		if at < 0 || all[i].Verdict != Inconclusive || all[at].Verdict.rank() <= Inconclusive.rank() {
			continue
		}
		all[i].Verdict = all[at].Verdict
		all[i].Why += ", which depends on how goroutines met; on one processor " + all[at].Why
	}
}

// settled reports whether the least of the sorted totals is what the operations cost.
func (x Exact) settled(sorted []int64) bool {
	return len(sorted) > 1 && float64(sorted[len(sorted)/2]-sorted[0]) < x.finest()
}

// apart reports whether the sides are further apart than either is wide.
func (x Exact) apart(old, new []int64) bool {
	last := len(old) - 1
	wide := max(old[last]-old[0], new[len(new)-1]-new[0])
	return len(old) > 2 && len(new) > 2 && new[0]-old[last] > wide
}

func (c Counted) change() string {
	return fmt.Sprintf("%s, was %s %s (%s)", count(c.New), count(c.Old), c.unit(), c.per1000())
}

func (c Counted) unit() string {
	if c.Alone {
		return c.Unit + " on one processor"
	}
	return c.Unit
}

// per1000 is the change in a unit where one allocation can be seen.
func (c Counted) per1000() string {
	return fmt.Sprintf("%+.4g in 1000 operations", (c.New-c.Old)*1000)
}

func count(v float64) string {
	if v == math.Trunc(v) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.6g", v)
}

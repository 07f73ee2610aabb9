package strategy

import (
	"fmt"
	"regexp"
	"strconv"
)

// CheckName returns an error if no strategy has this name. The empty name is valid: it stands for
// the default sequence, some drawn schedules and then DPOR.
//
// Names are parts of replay words and of saved commands, so an old name never changes its
// meaning.
func CheckName(name string) error {
	switch name {
	case "", "random", "pos", "dfs", "dpor":
		return nil
	}
	if pctDepth(name) > 0 || IsStarve(name) {
		return nil
	}
	return fmt.Errorf("strategy %q: want random, pct and a depth from 1 as in pct3, "+
		"pos, dpor, dfs or starve", name)
}

// IsStarve reports whether the name is of a strategy that looks for starvation. New makes none of them.
func IsStarve(name string) bool { return name == StarveName || ParseStarve(name) != nil }

// IsTree reports whether the strategy with this name enumerates a tree of schedules, and therefore
// comes to an end. The other strategies draw schedules from a seed for ever.
func IsTree(name string) bool { return name == "dfs" || name == "dpor" }

// The names of the strategies that only the explorer itself chooses.
const (
	DefaultName = "default" // the schedule without a decision
	SparseName  = "sparse"
)

// New returns the strategy with this name, which CheckName accepts and which is not empty, or with one
// of the names above.
//
// The seed is used by the strategies that draw. The bound on preemptions is used by dfs alone:
// negative means no bound. Length is called for PCT and Sparse only, because measuring it takes one
// schedule: it returns the expected number of steps of an execution, over which they spread changes.
func New(name string, seed uint64, preemptions int, length func() int) Search {
	switch name {
	case "random":
		return NewRandom(seed)
	case "pos":
		return NewPOS(seed)
	case "dfs":
		return &DFS{Preemptions: preemptions}
	case "dpor":
		return &DPOR{}
	case DefaultName:
		return &Replay{}
	case SparseName:
		return NewSparse(seed, length())
	}
	pct := NewPCT(pctDepth(name), seed)
	pct.Expect(length())
	return pct
}

var pctName = regexp.MustCompile(`^pct([1-9]\d?)$`)

// pctDepth returns the depth in a name such as pct3, or 0 if the name is not of this form.
func pctDepth(name string) int {
	m := pctName.FindStringSubmatch(name)
	if m == nil {
		return 0
	}
	depth, _ := strconv.Atoi(m[1]) // cannot fail: the pattern admits one or two digits
	return depth
}

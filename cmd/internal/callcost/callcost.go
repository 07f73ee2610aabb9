// Package callcost compares two CPU profiles of one benchmark: in which functions the time of either side went, and
// through which calls.
//
//	costs, err := callcost.Compare("old.pprof", "new.pprof")
//
// Both sides are shares of their own samples, and no times: the sides did not run for equally long.
// So a function whose share grew may be slower, or may only stand out because another one became
// faster. The profiles explain a verdict that other measurements have found, and are none.
//
// A profile has a sample each 10 ms of processor time. A run of a second has a hundred, so a share
// of 1 % is one sample: differences of that size mean nothing.
package callcost

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
	"github.com/semabench/semabench/reports/gate"
)

const (
	// mostFrames and leastShare bound the tree: a page shows it, and a frame that is narrower than a line of the page
	// has no name there. A frame that is left out counts as time of its caller, so that widths still add up.
	mostFrames, leastShare = 120, 0.004

	// mostDepth bounds a recursion, which profiles hold with up to 64 calls.
	mostDepth = 40

	// mostFunctions bounds the list. Functions whose time did not change come last in it.
	mostFunctions = 50
)

// Compare reads two files of package runtime/pprof. It refuses profiles without samples, which say nothing.
func Compare(oldPath, newPath string) (*gate.Costs, error) {
	root, self := &gate.Frame{Name: "all"}, map[string]*gate.Cost{}
	costs := &gate.Costs{}
	// One tree for both sides, so that a page can draw them as one picture, with both shares in
	// each frame. A call that only one side has is a frame whose other share is 0.
	for i, path := range []string{oldPath, newPath} {
		p, err := read(path)
		if err != nil {
			return nil, err
		}
		samples := add(root, self, p, i == 1)
		if samples == 0 {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), errNoSamples)
		}
		if i == 0 {
			costs.OldSamples = samples
		} else {
			costs.NewSamples = samples
		}
	}
	for _, c := range self {
		costs.Functions = append(costs.Functions, *c)
	}
	slices.SortFunc(costs.Functions, func(a, b gate.Cost) int {
		return cmp.Or(cmp.Compare(max(b.Old, b.New), max(a.Old, a.New)), cmp.Compare(a.Name, b.Name))
	})
	costs.Functions = costs.Functions[:min(len(costs.Functions), mostFunctions)]
	// Pruning more and more, instead of taking the widest frames: a frame is only of use below all
	// its callers. The loop ends, because above a share of 1 only the root is left.
	least := leastShare
	for prune(root, least, 0) > mostFrames {
		least *= 1.5
	}
	costs.Root = root
	return costs, nil
}

var errNoSamples = errors.New("the profile has no samples")

func read(path string) (*profile.Profile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", filepath.Base(path), err)
	}
	return p, nil
}

// add adds the samples of one side to the tree and to the functions, as shares of all of them. It returns their number.
//
// A profile has two values of a sample, how many there were and their time; the number is the first.
func add(root *gate.Frame, self map[string]*gate.Cost, p *profile.Profile, isNew bool) (samples int64) {
	if len(p.SampleType) == 0 {
		return 0
	}
	for _, s := range p.Sample {
		samples += s.Value[0]
	}
	for _, s := range p.Sample {
		share := float64(s.Value[0]) / float64(samples)
		to, names := root, stack(s)
		addTo(&root.Old, &root.New, share, isNew)
		for _, name := range names {
			to = child(to, name)
			addTo(&to.Old, &to.New, share, isNew)
		}
		if len(names) == 0 {
			continue
		}
		// The time of a sample belongs to the innermost function alone. Its callers have it in the
		// tree, and adding it to them here would count a recursive function twice.
		leaf := names[len(names)-1]
		if self[leaf] == nil {
			self[leaf] = &gate.Cost{Name: leaf}
		}
		addTo(&self[leaf].Old, &self[leaf].New, share, isNew)
	}
	return samples
}

func addTo(old, new *float64, share float64, isNew bool) {
	if isNew {
		*new += share
	} else {
		*old += share
	}
}

// stack returns the functions of a sample, the outermost first. Package testing, which calls the benchmark, is left
// out: it is the same on both sides, and takes the widest rows of the picture. So is the runtime's preemption of a
// function, which happens more often on a busy machine, and its time counts as time of that function.
func stack(s *profile.Sample) (names []string) {
	for _, l := range slices.Backward(s.Location) {
		if len(l.Line) == 0 {
			names = append(names, "code without a name") // of C, or of the kernel
		}
		for _, line := range slices.Backward(l.Line) { // the innermost inlined call comes first there
			if line.Function != nil {
				names = append(names, line.Function.Name)
			}
		}
	}
	for len(names) > 1 && strings.HasPrefix(names[0], "testing.(*B).") {
		names = names[1:]
	}
	if i := slices.Index(names, "runtime.asyncPreempt"); i > 0 {
		names = names[:i]
	}
	return names[:min(len(names), mostDepth)]
}

// child returns the frame of a function that another one calls. A search through the list is fast
// enough: a function calls a few dozen others, and a profile has some thousand samples.
func child(f *gate.Frame, name string) *gate.Frame {
	for _, c := range f.Calls {
		if c.Name == name {
			return c
		}
	}
	c := &gate.Frame{Name: name}
	f.Calls = append(f.Calls, c)
	return c
}

// prune drops the calls that took less than the share least on average over both sides, and returns how many frames
// are left. It sorts these by their name: equal profiles give equal pictures.
func prune(f *gate.Frame, least float64, depth int) int {
	f.Calls = slices.DeleteFunc(f.Calls, func(c *gate.Frame) bool { return (c.Old+c.New)/2 < least || depth >= mostDepth })
	slices.SortFunc(f.Calls, func(a, b *gate.Frame) int { return cmp.Compare(a.Name, b.Name) })
	left := 1
	for _, c := range f.Calls {
		left += prune(c, least, depth+1)
	}
	return left
}

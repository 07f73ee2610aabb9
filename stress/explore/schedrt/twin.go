package schedrt

import (
	"slices"
	"unsafe"
)

// Goroutines are alike if nothing but their number tells them apart: the same goroutine started
// them, with the same function and the same captured variables, and their first operations are the
// same operation on the same objects. Of such goroutines the one with the lower number is the twin
// of the next.
//
// Let two alike goroutines have taken no step yet. Then each schedule in which the second moves
// first has a mirror image, in which the two have exchanged their numbers from there on. The
// program does the same in both, as no code can see the numbers. So it is enough to play the
// schedules in which twins take their first steps in the order of their numbers. These are the
// schedules of a program too: of the same program with the rule that the first step of a twin makes
// the first step of the next one possible. A reduction that is right for programs is therefore
// right under this rule, if it treats the two steps as dependent, with the first as the cause of
// the second. Its backtrack and sleep sets need no rule of their own for numbers. (Emerson and
// Sistla, “Symmetry and model checking”, 1996, play one of each set of states that are equal but
// for names. No states have to be compared here, because alike goroutines that have not moved are
// in the same state.) See strategy.DPOR.
//
// The mirror image is a schedule of the program for two more reasons. The goroutine with the lower
// number was started earlier, so it exists wherever the other one does. And the common parent may
// write a variable between the two go statements. The first goroutine can read that variable only
// with a data race, or with a lock or a channel that orders the two accesses. Such an order depends
// on the moment of the read, and not on the goroutine that reads. A program with a data race has no
// such argument: under the race detector nothing is alike.
//
// Few things let a program see the number of a goroutine: random numbers, which each goroutine
// draws from a sequence of its own, and stacks of goroutines. A program that looks at them is
// reported by ToldApart, and its schedules have to be played without the rule. AwaitRest lets
// goroutines go on in the order of their numbers, so a program that uses it counts as one of these.

// twinSearch is how many of the goroutines that the parent started before are compared, the latest
// first. A parent that starts thousands would pay for all of them at each go statement.
const twinSearch = 8

// A kinship has what is known of a goroutine for the search of twins. The zero value is a goroutine
// that has no twin and has started none.
type kinship struct {
	twin      *G // nil if there is none
	lastKid   *G // the goroutine that it started last
	elder     *G // the goroutine that its parent started before it
	closure   unsafe.Pointer
	announced bool     // the two fields below are set
	first     Kind     // its first operation
	accesses  []Access // of its first operation
	firstStep int32    // the index of its first step in the trace, -1 if the trace does not have it
	prior     int32    // of the step that it takes next: see Event.Prior
}

// reset keeps the memory of the accesses.
func (k *kinship) reset() { *k = kinship{accesses: k.accesses[:0], firstStep: -1, prior: -1} }

// findTwin looks for the twin of a goroutine that the running one has just started. The answer must
// be the same in every schedule with the same go statements, so it does not matter whether the elder
// goroutines have moved or ended.
func (e *Exec) findTwin(g *G, fn unsafe.Pointer) {
	parent := e.cur
	g.kin.closure = fn
	g.kin.elder, parent.kin.lastKid = parent.kin.lastKid, g
	if g.ofInit {
		return
	}
	elder := g.kin.elder
	for range twinSearch {
		if elder == nil {
			return
		}
		if elder.bubble == g.bubble && e.sameFunc(elder.kin.closure, g.kin.closure, nestedFuncs) {
			g.kin.twin = elder
			e.twins++
			return
		}
		elder = elder.kin.elder
	}
}

// announce notes the first operation of g.
func (g *G) announce() {
	if k := &g.kin; !k.announced {
		k.announced, k.first = true, g.Op.Kind
		for _, a := range g.Op.Access {
			k.accesses = push(k.accesses, a)
		}
	}
}

// Twin returns the goroutine with a lower number that g is like, or nil. Call it when both have come
// to their first operation.
func (g *G) Twin() *G {
	t := g.kin.twin
	if t == nil || !t.kin.announced || !g.kin.announced || t.kin.first != g.kin.first ||
		!slices.Equal(t.kin.accesses, g.kin.accesses) {
		return nil
	}
	return t
}

// Moved reports whether g has taken a step.
func (g *G) Moved() bool { return g.steps > 0 }

// noteFirst prepares Event.Prior for the step that g is about to take.
func (e *Exec) noteFirst(g *G) {
	g.kin.prior = -1
	if g.steps > 1 {
		return
	}
	if g.kin.firstStep = int32(len(e.Trace.Steps)); e.Trace.muted {
		g.kin.firstStep = -1
	}
	if t := g.Twin(); t != nil && t.steps > 0 {
		g.kin.prior = t.kin.firstStep
	}
}

// ToldApart reports whether the last execution had goroutines that are alike, and something that
// may have told them apart.
func (e *Exec) ToldApart() bool { return e.twins > 0 && e.toldIn == e.run }

// FindsTwins reports whether the executions of e find goroutines that are alike.
func (e *Exec) FindsTwins() bool { return e.limits.Twins }

// tell records that the running goroutine looks at something that depends on its number.
func (e *Exec) tell() { e.toldIn = e.run }

// AllGoroutines returns the goroutines of the last execution, by their numbers. Tests compare
// twins by it.
func (e *Exec) AllGoroutines() []*G { return e.gs }

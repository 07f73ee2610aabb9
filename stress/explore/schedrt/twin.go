package schedrt

import (
	"reflect"
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

// A literal has the variables that the value of a function literal captured. Two values of one literal
// do the same if they captured the same.
//
// The program itself has to say what a literal captures, by a call of Lit that package rewrite adds.
// The memory of a closure does not show it: the size of a closure is not known at run time, and the
// memory behind it has what was there before.
type literal struct {
	f    any // keeps the closure from being collected, and its address from being used again
	keys []any
}

// Lit returns a function literal, and notes what it captures: the values of variables that never
// change, and the addresses of all others. A literal in a generic function is not noted, as the code
// is shared by instances of several types.
func Lit[F any](f F, keys ...any) F {
	if e := current(); e != nil && e.limits.Twins && len(keys) <= mostCaptured {
		if e.literals == nil {
			e.literals = map[unsafe.Pointer]literal{}
		}
		e.literals[pointerOf(&f)] = literal{f, keys}
	}
	return f
}

// mostCaptured bounds the number of variables that are compared.
const mostCaptured = 20

// pointerOf returns the address of the closure of a function value.
func pointerOf[F any](f *F) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(f)) }

// nestedFuncs is how deep functions that functions captured are compared. WaitGroup.Go and a go
// statement with arguments take two levels, and errgroup one more.
const nestedFuncs = 4

// sameFunc reports whether two function values have the same code and captured the same. A program
// cannot compare function values, so it cannot tell two closures apart of which this is true.
func (e *Exec) sameFunc(a, b unsafe.Pointer, depth int) bool {
	if a == b {
		return true
	}
	x, known := e.literals[a]
	y, alsoKnown := e.literals[b]
	// A closure begins with the address of its code.
	if !known || !alsoKnown || depth == 0 || *(*uintptr)(a) != *(*uintptr)(b) || len(x.keys) != len(y.keys) {
		return false
	}
	for i := range x.keys {
		if !e.sameKey(&x.keys[i], &y.keys[i], depth) {
			return false
		}
	}
	return true
}

// sameKey reports whether two captured values are the same in every way that a program can see. What
// is not surely the same is different: that costs schedules, and hides none. So structures and
// numbers with a fraction are not looked at, of which some are equal and not the same.
func (e *Exec) sameKey(a, b *any, depth int) bool {
	t := reflect.TypeOf(*a)
	if t != reflect.TypeOf(*b) {
		return false
	}
	if t == nil { // of an interface without a value
		return true
	}
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Chan, reflect.Pointer, reflect.UnsafePointer, reflect.Uintptr,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return *a == *b
	case reflect.Func: // the second word of an interface is the address of the closure
		f, g := (*[2]unsafe.Pointer)(unsafe.Pointer(a))[1], (*[2]unsafe.Pointer)(unsafe.Pointer(b))[1]
		return f == g || f != nil && g != nil && e.sameFunc(f, g, depth-1)
	case reflect.Map:
		return reflect.ValueOf(*a).Pointer() == reflect.ValueOf(*b).Pointer()
	case reflect.Slice:
		x, y := reflect.ValueOf(*a), reflect.ValueOf(*b)
		return x.Pointer() == y.Pointer() && x.Len() == y.Len() && x.Cap() == y.Cap()
	case reflect.Struct: // such as context.Background
		return t.Size() == 0
	}
	return false
}

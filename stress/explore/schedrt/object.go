package schedrt

import "unsafe"

// An Object is something that operations are on: a mutex, a channel, a word of memory. It gets its
// number when the first operation on it is announced, so two executions give the same numbers as
// long as they take the same steps. The zero value is an object without a number.
type Object struct {
	run     uint64 // the execution that numbered it
	id      int32  // from 1
	version uint32 // counts the changes of its state
	ticks   bool   // it is the channel of a timer
}

// changes counts the changes of all objects, in all executions. It only tells whether there were any in
// between, see spin.idle. It begins with 1, so that a spin which has compared nothing differs from it.
var changes uint64 = 1

// bump makes the version of o another one.
func (o *Object) bump() { o.version++; changes++ }

// number gives o a number in this execution if it has none, and reports whether it had none. Its
// model then drops the state that an earlier execution left.
//
// Comparing runs replaces a list of objects to reset: an execution costs what it uses and not
// what earlier ones used.
func (e *Exec) number(o *Object) (fresh bool) {
	if o.run == e.run {
		return false
	}
	e.objects++
	o.run, o.id, o.version, o.ticks = e.run, e.objects, 0, false
	return true
}

// An Op is an operation that a goroutine is about to perform, or waits in.
//
// The pcs are an array and not a slice, so an announcement allocates nothing.
type Op struct {
	Kind   Kind
	Access []Access // the objects, as far as they are known before the step
	Note   string   // of MarkCall and MarkReturn, and of Outside the method
	guard  guard    // nil if the operation is always possible
	object *Object  // the object that a report names: the first one
	cond   *Cond    // that the goroutine sleeps on
	pcs    [12]uintptr
	npcs   int
}

// clear empties o and keeps the memory of its accesses: an announcement allocates nothing.
func (o *Op) clear() {
	o.Kind, o.Access, o.guard, o.object, o.cond = OpNone, o.Access[:0], nil, nil, nil
	o.Note, o.npcs = "", 0
}

// A guard tells whether an operation is possible now. It is asked before each step, so it only
// reads.
//
// A guard is asked in every pick while its goroutine waits. It must depend on objects of the
// announced accesses only, or a reduction would miss the step that opens it.
type guard interface {
	open(g *G) bool
}

// Model is the kind of an object.
type Model uint8

// The models.
const (
	ModelWord Model = iota
	ModelMutex
	ModelRWMutex
	ModelChannel
	ModelWaitGroup
	ModelCond
)

// ObjectState is a snapshot of an object.
type ObjectState struct {
	Object  int32
	Version uint32 // another one after each change
	Model   Model
	Holder  int // goroutine that holds the lock or waits for it as a writer, -1 if there is none
	Locked  bool
	Count   int // readers of an RWMutex, counter of a WaitGroup, values in a channel's buffer
	Cap     int // of a channel
	Closed  bool
	Queue   []int // goroutines that wait: in a Cond, or to send to or receive from a channel
	address unsafe.Pointer
}

// models are WaitGroups and Conds. They are not in the table of addresses, as their look-alikes
// contain them, so ObjectStates would not find them.
type models struct {
	run uint64
	all []interface{ snapshot() ObjectState }
}

// remember makes a model known to ObjectStates, when its object gets a number. It does nothing
// unless positions are recorded: no report is made of other executions.
func (e *Exec) remember(model interface{ snapshot() ObjectState }) {
	if !e.limits.Positions {
		return
	}
	if e.named.run != e.run {
		e.named.run, e.named.all = e.run, e.named.all[:0]
	}
	e.named.all = push(e.named.all, model)
}

// The race detector watches the runtime's maps and the growing of slices in whatever package they
// are used, because the watching code is in the runtime. What several controlled goroutines share
// is therefore grown by hand here, and found in a hash table of this package's own.

// A table finds the models of an address: of a channel, a lock, or a word that is used atomically.
// It is an open hash table with linear probing. It keeps what is at its addresses alive, so the
// garbage collector gives no address to a second object within an execution. The next execution
// uses its slots again without clearing them: a slot of another run counts as free.
//
// An address that was freed and given to another object within one execution would join two
// models. Holding the address prevents that at the price of memory until the next execution.
type table struct {
	slots []slot // a power of two of them, at most half in use
	used  int
	run   uint64
}

type slot struct {
	run     uint64
	address unsafe.Pointer
	word    *Object
	channel *channel
	mutex   *Mutex
	rwmutex *RWMutex
	rank    uint64 // among keys of maps, see RankKey
	ranked  uint64 // the run of that rank
}

// find returns the slot of an address, which it takes if there is none. A model in it may be of an
// earlier execution: the run of its object tells.
//
// The returned slot is valid until the next find, which may grow the table.
func (t *table) find(run uint64, address unsafe.Pointer) *slot {
	if t.run != run {
		t.run, t.used = run, 0
	}
	if 2*t.used >= len(t.slots) {
		t.grow()
	}
	s := t.probe(address)
	if s.run != run {
		t.used++
		s.run, s.address = run, address
	}
	return s
}

// probe returns the slot of an address, or the free slot where it belongs.
func (t *table) probe(address unsafe.Pointer) *slot {
	mask := uintptr(len(t.slots) - 1)
	for i := hash(address); ; i++ {
		if s := &t.slots[i&mask]; s.run != t.run || s.address == address {
			return s
		}
	}
}

// hash is multiplicative hashing with the golden ratio (Knuth, The Art of Computer Programming,
// 6.4). The low bits of addresses are mostly the same, so the middle of the product is used.
func hash(address unsafe.Pointer) uintptr {
	return uintptr(uint64(uintptr(address)) * 0x9e3779b97f4a7c15 >> 20)
}

// grow doubles the table and moves the slots of this execution. Slots of earlier executions are
// dropped, with the models in them.
//
// At most half full, so a probe looks at about two slots.
func (t *table) grow() {
	old := t.slots
	t.slots = make([]slot, max(64, 2*len(old)))
	for i := range old {
		if s := &old[i]; s.run == t.run && s.address != nil {
			*t.probe(s.address) = *s
		}
	}
}

// push appends v.
//
// It is generic and inlined nowhere: package rewrite compiles this package with -l.
func push[T any](s []T, v T) []T {
	if len(s) == cap(s) {
		grown := make([]T, len(s), 2*len(s)+8)
		//lint:ignore S1001 the detector watches copy, too
		for i, v := range s {
			grown[i] = v
		}
		s = grown
	}
	s = s[:len(s)+1]
	s[len(s)-1] = v
	return s
}

// shift removes the first element. It moves the others, so queues keep their memory; queues of
// goroutines are short.
func shift[T any](s []T) ([]T, T) {
	first := s[0]
	for i := 1; i < len(s); i++ {
		s[i-1] = s[i]
	}
	var none T
	s[len(s)-1] = none
	return s[:len(s)-1], first
}

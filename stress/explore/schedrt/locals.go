package schedrt

import (
	"runtime"
	"strings"
	"unsafe"
)

// Goroutines that read the same objects for a long time, while nothing changes, are a livelock if they
// will do so for ever. A loop that counts its rounds will not. The objects do not tell the two apart,
// but the local variables do: a program whose objects and local variables are in a state for the second
// time goes on from it as it did the first time, and so for ever.
//
// The local variables of a goroutine that waits for its turn are on its stack: a function that calls
// another keeps nothing in registers. So the engine compares the part of the stack that belongs to the
// program, by a hash, at the last operations before it decides.
//
// A counter on the heap is not seen, and a loop that counts with it is taken for a livelock. Taking a lock
// to count is progress, but not in a loop that sleeps, see polls. The other error is harmless: a livelock
// whose loop counts its rounds for nothing has no end that is known.

// watchedPart is the part of Limits.Livelock, its last fourth, in which the stacks are compared. A
// comparison takes some microseconds, so a loop that ends soon costs nothing.
const watchedPart = 4

// A locals recognises states of local variables.
type locals struct {
	progress int // Exec.progress when the notes began; they count for this stretch only
	states   []uint64
	late     int // states noted in the last half of the watched part
	lateNew  int // of these, the states that were not known
	full     bool
}

// nearby is how far outside of the compared frames a pointer into the stack may point: into the frames
// of the engine below them, or of (*G).main above.
const nearby = 2048

// firstArena is the upper half of the address at which the heap begins on machines of 64 bits. Heaps of up
// to 256 GB end below the bound of stackState.
const firstArena = 0xc0

// maxStates bounds the states that are kept. A loop over a hundred objects has a hundred states.
const maxStates = 512

// note notes the state of the running goroutine, which is about to wait for its turn.
func (l *locals) note(e *Exec) {
	if l.progress != e.progress || len(l.states) == 0 {
		*l = locals{progress: e.progress, states: l.states[:0]}
	}
	late := e.taken-e.progress > e.limits.Livelock-e.limits.Livelock/watchedPart/2
	if late {
		l.late++
	}
	if l.full {
		if late {
			l.lateNew++
		}
		return
	}
	state, ok := stackState(false)
	if !ok { // as if every state were new: too deep a stack shows no repetition
		l.full = true
		return
	}
	for _, s := range l.states {
		if s == state {
			return
		}
	}
	if late {
		l.lateNew++
	}
	if l.full = len(l.states) == maxStates; !l.full {
		l.states = push(l.states, state)
	}
}

// counts reports whether a goroutine came to new states most of the time, in the last half of the
// steps in which states were noted. A variable that counts makes every state new. A few new states
// show nothing: the stack also has words that no variable owns any more. They change when the collector moves
// the stack, which under -race happens in one play of a schedule and not in the next. Too few states do
// not count either.
func (e *Exec) counts() bool {
	for _, g := range e.gs {
		l := &g.locals
		if g.state != dead && l.progress == e.progress && l.late > 2 && 2*l.lateNew > l.late {
			return true
		}
	}
	return false
}

// mainReturn is where (*G).main goes on after the function of a goroutine. Its stack ends there.
var mainReturn uintptr

// stackState returns a hash of the frames of the program on the stack of the running goroutine. It
// reports false if the stack is too deep.
//
// The frames begin above the return address into the innermost function of the program, and end at
// mainReturn. Callers lists both. If a function of the engine is inlined into the program, the stack has
// the address that Callers lists for the inlined function. mainReturn is always on the
// stack, because a call of a function value is never inlined. A pointer into the stack counts by its
// distance from the end, because stacks move.
//
// With blind, words that look like addresses in the heap count as one: a loop that makes something in each
// round has another address in each.
//
//go:norace
//go:nocheckptr
func stackState(blind bool) (state uint64, ok bool) {
	var pcs [64]uintptr
	n := runtime.Callers(3, pcs[:]) // without Callers, this function and note
	first := -1
	for i := 0; i < n && pcs[i] != mainReturn; i++ {
		name := functionAt(pcs[i])
		if name == enginePath+"/schedrt.(*G).main" {
			mainReturn = pcs[i]
			break
		}
		if first < 0 && !strings.HasPrefix(name, enginePath+"/") {
			first = i
		}
		if i == n-1 {
			return 0, false
		}
	}
	if first < 0 {
		return 0, false
	}
	// Offsets from a local variable, and not addresses: the stack may move.
	var here uintptr
	const word = unsafe.Sizeof(here)
	end, begin := uintptr(0), uintptr(0)
	for *(*uintptr)(unsafe.Add(unsafe.Pointer(&here), end)) != mainReturn {
		end += word
	}
	// The search goes inwards. A call that has ended may have left the same address in an unused part of a frame of
	// the engine. A search outwards would stop there, and the words up to the true place are chance.
	// In a recursion the outermost call counts.
	for ; first >= 0 && begin == 0; first-- {
		for at := end; at > 0 && begin == 0; at -= word {
			if *(*uintptr)(unsafe.Add(unsafe.Pointer(&here), at)) == pcs[first] {
				begin = at
			}
		}
	}
	for at := begin; at < end; at += word {
		w := *(*uintptr)(unsafe.Add(unsafe.Pointer(&here), at))
		if top := uintptr(unsafe.Pointer(&here)) + end; w-(top-end-nearby) < end+2*nearby {
			w -= top
		} else if blind && uint64(w)>>40 == 0 && uint64(w)>>32 >= firstArena {
			w = 1
		}
		state = (state ^ uint64(w)) * 0x100000001b3 // FNV-1a by words
	}
	return state, begin > 0
}

// enginePath is the import path of the engine's packages: the one above schedrt.
var enginePath = strings.TrimSuffix(functionAt(ownPC()), "/schedrt.ownPC")

//go:noinline
func ownPC() uintptr {
	var pcs [1]uintptr
	runtime.Callers(1, pcs[:])
	return pcs[0]
}

// functionAt returns the name of the function that a return address belongs to.
func functionAt(pc uintptr) string {
	if f := runtime.FuncForPC(pc - 1); f != nil {
		return f.Name()
	}
	return ""
}

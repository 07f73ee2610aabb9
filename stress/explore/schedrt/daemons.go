package schedrt

import (
	"time"
	"unsafe"
)

// What a step changed decides how long time goes on to pass for daemons: aftermath.go describes the
// two stages, and takes the decisions. The notes that it decides by are taken here, in each step.

// daemons counts what is left after the return.
type daemons struct {
	fewest  int // goroutines and timers left, at their lowest since the return
	firings int // of timers since then
}

const (
	// maxFirings ends the first stage. Several tickers with several periods take turns, so it is
	// more than a few.
	maxFirings = 16

	// daemonFirings is how many timers fire without anything coming to its end until the goroutines
	// that are left count as daemons, if a timer would wake each of them. A daemon, such as the
	// sweeper of a cache, is meant to live on.
	daemonFirings = 256

	// changingFirings ends the first stage of a stall in which daemons change something. Orders of
	// later steps are not explored, so the number is large: a worker may sleep a thousand times between two
	// items, while the program waits for it.
	changingFirings = 2000

	// mostRounds bounds the timers for which daemons that change something are watched, unless the bound on
	// steps is smaller. A ticker of a second has ticked for a day by then.
	mostRounds = 100_000
)

// stopped reports whether the first stage is over.
func (d *daemons) stopped() bool { return d.firings >= maxFirings }

// An aftermath is the second stage.
type aftermath struct {
	began   bool
	from    int // the number of the step at which it began
	steps   int // steps in it
	changed int // the last of these that changed something that other goroutines can see
	rounds  int // timers that fired, in a stall or in this stage
	words   []writtenWord
	stall   stall
}

// A stall is a time in which the program has not returned, waits for no timer, and nothing but
// timers can go on. It ends when goroutine 0, which is the program, takes a step.
type stall struct {
	firings int           // of timers since it began; 0 means that there is none
	quiet   int           // of these, since a change that other goroutines can see
	since   time.Duration // the virtual time at which it began
	from    int           // the number of the step at which it began
	steps   int           // that goroutine 0 had taken when it began
}

// A writtenWord is the value that the first write of a round found in a word, or the value that it
// left there.
type writtenWord struct {
	object *Object
	round  int
	value  uint64
}

// watches reports whether changes are of interest.
func (a *aftermath) watches() bool { return a.began || a.stall.firings > 0 }

// note notes that a step of g changed o. Locks, timers and ticks do not count: a daemon that takes
// a lock at each tick comes back to the state in which it was.
//
// Stores and swaps change the version of their word even if they write the value that was there.
// Counting them would make a daemon that stores a flag at each tick look busy for ever.
func (a *aftermath) note(g *G, o *Object) {
	if !a.watches() || o.ticks {
		return
	}
	switch g.Op.Kind {
	case OpLock, OpTryLock, OpUnlock, OpRLock, OpTryRLock, OpRUnlock, OpAnnounce, OpFire:
		return
	case OpStore, OpSwap, OpCAS:
		return // see noteWord
	}
	a.noteChange()
}

// noteChange notes a change that other goroutines can see. In the first stage it puts the second one
// off, since goroutines that change something have orders that differ.
func (a *aftermath) noteChange() {
	if a.began {
		a.changed = a.steps
	} else {
		a.stall.quiet = 0
	}
}

// noteWord is note for a word at an address. A lock that a program makes of a word is no lock to
// the engine, so it is the value that counts: it changes if the first write of a round does not
// find or leave there what the first write of the round before found or left.
//
// The comparison is with the first write of the round before and not of this round: a lock that
// is taken and given back within a round leaves the word as it was.
func (a *aftermath) noteWord(o *Object, address unsafe.Pointer, size uintptr) {
	if !a.watches() {
		return
	}
	value := valueAt(address, size)
	for i := range a.words {
		w := &a.words[i]
		if w.object != o {
			continue
		}
		if w.round != a.rounds && w.value != value {
			a.noteChange()
		}
		if w.round != a.rounds {
			w.round, w.value = a.rounds, value
		}
		return
	}
	a.words = push(a.words, writtenWord{o, a.rounds, value})
}

// valueAt reads the word at an address, and no more: the memory behind a small word belongs to another
// variable, which may differ from process to process. A pool of ants has a lock of four bytes. Whether
// its goroutines were deadlocked then depended on its neighbour, and the finding did not come again.
//
//go:norace
//go:nocheckptr
func valueAt(address unsafe.Pointer, size uintptr) uint64 {
	switch size {
	case 4:
		return uint64(*(*uint32)(address))
	case 8:
		return *(*uint64)(address)
	}
	// An atomic.Value: its type and a pointer to a copy of the value, which is new for each store.
	words := (*[2]uint64)(address)
	return words[0] ^ words[1]
}

package schedrt

import (
	"runtime"
	"time"
)

// A spinning goroutine reads the same objects from the same places in a loop, while they do not
// change. Each round sees what the round before saw, so an exploration that schedules it again
// shows nothing new and never ends. The engine passes a spinner over until an object that it read
// has changed, or until nothing else can move.

// spin recognises a spinning goroutine.
//
// It errs on one side: a goroutine that is wrongly taken for spinning moves later, when an
// object changes or nothing else can move. It is never stopped for good.
type spin struct {
	looks    []look
	index    []indexed // see find
	era      uint32    // of the slots of index that count
	stale    int       // the index of a look whose object had changed when idle last compared
	equalAt  uint64    // the value of changes when idle last found that no object had changed
	yields   yields
	flagged  bool // the next look would be like an earlier one
	flags    int  // how often flagged was set
	byClock  bool // the last look that was flagged was at the clock
	yielding bool // it was flagged since its last progress, so its next steps may belong to the loop
}

// A look is a read of an object in one state.
type look struct {
	object  *Object
	version uint32
	times   int
	pc      uintptr // the code address of the last look for which again asked
	mark    uintptr // the code address of an earlier look, with which again compares pc
	loop    bool    // two looks had the same place
}

// An indexed is a slot of the index of looks. It is free if its era is over, so that dropping the looks
// takes no time, and the next ones use the memory again.
type indexed struct {
	era uint32
	at  int32 // the position of a look
}

func (s *spin) reset() {
	s.looks, s.stale, s.equalAt = s.looks[:0], 0, 0
	s.flagged, s.yielding, s.flags, s.byClock = false, false, 0, false
}

// forget drops what is known, the yields included. It keeps the memory.
func (s *spin) forget() { *s = spin{looks: s.looks[:0], index: s.index, era: s.era} }

// fewLooks is how many looks are searched one after the other. Nearly all loops have fewer objects, and
// using an index would take longer.
const fewLooks = 16

// find returns the look at o, nil if there is none.
//
// A goroutine that reads a table of a million words has a million looks, so a search without an index
// would take hours. The index is an open hash table by the number of the object, at most half full. It
// is valid while there are more than fewLooks.
func (s *spin) find(o *Object) *look {
	if len(s.looks) <= fewLooks {
		for i := range s.looks {
			if l := &s.looks[i]; l.object == o {
				return l
			}
		}
		return nil
	}
	mask := uint32(len(s.index) - 1)
	for i := hashOf(o); s.index[i&mask].era == s.era; i++ {
		if l := &s.looks[s.index[i&mask].at]; l.object == o {
			return l
		}
	}
	return nil
}

// add adds the first look at o. The index is made anew when it begins to count, and when it grows.
func (s *spin) add(o *Object) {
	s.looks = push(s.looks, look{object: o, version: o.version, times: 1})
	n := len(s.looks)
	if n <= fewLooks {
		return
	}
	from := n - 1
	if grows := 2*n > len(s.index); grows || n == fewLooks+1 {
		if grows {
			s.index = make([]indexed, max(8*fewLooks, 2*len(s.index)))
		}
		s.era++
		from = 0
	}
	for ; from < n; from++ {
		s.place(from)
	}
}

// place puts a look into the first free slot from its hash on. There is one, as the index is at most
// half full.
func (s *spin) place(at int) {
	mask := uint32(len(s.index) - 1)
	i := hashOf(s.looks[at].object)
	for s.index[i&mask].era == s.era {
		i++
	}
	s.index[i&mask] = indexed{s.era, int32(at)}
}

// hashOf is multiplicative hashing, as in object.go. Numbers of objects are dense, and a program
// mostly reads them in their order or with a stride.
func hashOf(o *Object) uint32 { return uint32(o.id) * 0x9e3779b1 >> 8 }

// unrolled is how many equal looks are taken before they count as spinning. The first may be
// chance, the second tells the place, the third shows that it is the same place and therefore a
// loop. Asking for the place takes longer than a step, so it is asked for late.
const unrolled = 3

// patience is how often a spinner looks again before the rest of the program takes it for blocked.
// A loop with a bound of its own, such as "try 100 times, then sleep", must come to that bound.
const patience = 128

// clockPatience is how many looks at the clock count as counting, and not as waiting for time to pass.
// Programs read the clock for each item of a loop, and few tests have more items.
const clockPatience = 10_000

// awaitsTime reports whether g looks at nothing but the clock in its loop. Such a loop ends when enough
// time has passed, so the engine lets time pass for it, a little with each look, and no timer has to
// fire before it is due. A harness that waits for rest takes it for blocked, and the clock of a
// bubble stands still while a goroutine moves.
func (g *G) awaitsTime() bool {
	return g.spin.flagged && g.spin.byClock && !g.exec.restAwaited && g.exec.bubbles == 0
}

// timeOfLook is how much time a look at the clock takes, for a goroutine that awaits time. At first it
// is the time of a real look. Later it doubles every 64 looks, so that any wait comes to its end.
func (s *spin) timeOfLook() time.Duration {
	const inTruth = 100 * time.Nanosecond
	switch {
	case s.flags < patience:
		return 0
	case s.flags < clockPatience:
		return inTruth
	}
	return inTruth << min(34, (s.flags-clockPatience)/64)
}

// look notes that the running goroutine is about to read o. Call it before point.
//
// A changed version starts the count anew, because the loop then saw something new.
func (e *Exec) look(g *G, o *Object) {
	g.spin.flagged, g.spin.byClock = false, o == &e.clock.object
	if g.spin.byClock {
		e.noteTime(g)
	}
	switch l := g.spin.find(o); {
	case l == nil:
		if !g.polls() {
			e.advance(g)
		}
		g.spin.add(o)
	case l.version != o.version:
		*l = look{object: o, version: o.version, times: 1}
	default:
		if l.times++; l.times >= unrolled-1 && l.again() {
			g.spin.flag()
		}
	}
}

// flag says that the next look would be like an earlier one.
func (s *spin) flag() {
	s.flagged, s.yielding = true, true
	s.flags++
}

// again reports whether the look has the place of an earlier one. Once it had, the goroutine is in
// a loop and the place is not asked for any more.
//
// A loop may look at an object from several places in turn: a worker asks before and after its work
// whether to stop. So the place is also compared with a mark, which moves on at each power of two: a
// loop of n places is recognised after 4n looks at the latest (Brent's algorithm).
func (l *look) again() bool {
	if l.times > unrolled && l.loop {
		return true
	}
	pc := callPath()
	l.loop = l.pc == pc || l.mark == pc
	l.pc = pc
	if l.times&(l.times-1) == 0 {
		l.mark = pc
	}
	return l.loop
}

// idle reports whether the next step of g would show nothing new.
//
// All objects of the loop are compared and not only the last: a loop may read two flags and wait
// for either. It is asked before each step, and a loop may have many objects. So it compares all only
// if some object has changed since the last comparison found no difference, and it begins with the
// object that differed last.
func (s *spin) idle(g *G) bool {
	if g.exec.limits.NoIdle {
		return false
	}
	if g.Op.Kind == OpYield || g.Op.Kind == OpSleep {
		return s.yields.idle(g)
	}
	if !s.flagged {
		return false
	}
	if s.equalAt == changes {
		return true // later looks saw the versions of now
	}
	if s.stale < len(s.looks) && s.looks[s.stale].changed() {
		return false
	}
	for i := range s.looks {
		if s.looks[i].changed() {
			s.stale = i
			return false
		}
	}
	s.equalAt = changes
	return true
}

// changed reports whether the object has changed since the look.
func (l *look) changed() bool { return l.object.version != l.version }

// stepsOfOthers counts the steps of other goroutines. The clock does not count: that time passes
// changes nothing for a goroutine that does not read it.
func (g *G) stepsOfOthers() int {
	n := g.exec.taken - g.steps
	if clock := g.exec.clock.g; clock != nil {
		n -= clock.steps
	}
	return n
}

// yields recognises a goroutine that calls Gosched or Sleep in a loop. Such a loop may lock and
// unlock something in each round, so the versions of objects say nothing about it. It is idle when
// a whole round passed in which no goroutine outside such a loop took a step.
//
// The two numbers of others and step are of the last two yields, and a round lies between them.
type yields struct {
	pc     uintptr
	rounds int
	others [2]int // stepsOfOthers at the last yield but one, and at the last
	step   [2]int // the number of the next step then
}

// next notes a yield.
func (y *yields) next(g *G) {
	if y.rounds < unrolled { // after that it is a loop
		if pc := callPath(); y.pc != pc {
			*y = yields{pc: pc}
		}
	}
	total := g.exec.taken
	y.rounds++
	y.others = [2]int{y.others[1], g.stepsOfOthers()}
	y.step = [2]int{y.step[1], total}
}

// idle reports whether the next yield would show nothing new.
func (y *yields) idle(g *G) bool {
	if y.rounds < unrolled {
		return false
	}
	if y.others[0] == g.stepsOfOthers() {
		return true // no other goroutine moved at all
	}
	return y.rounds >= patience && y.step[0] > g.exec.lastEffective
}

// A goroutine polls if it sleeps in a loop and has not waited for anything else meanwhile. Its reads
// between two sleeps, and the locks that it takes for them, are no progress: it does the same in each
// round. If it does so for ever, the program is livelocked, although time goes on.
//
// A change by another operation is progress, as the loop may count with it, and so is a look at the clock:
// the loop may have a deadline. After the return of the program goroutines that poll are daemons, see
// aftermath.
func (g *G) polls() bool {
	e := g.exec
	return g.spin.yields.rounds >= patience && !e.finished && !e.aftermath.began
}

// noteTime notes that g, which is about to look at the clock, may see another time than before.
func (e *Exec) noteTime(g *G) {
	if g.polls() {
		e.progress = e.taken
	}
}

// locked says that g has taken a lock.
func (e *Exec) locked(g *G) {
	if !g.polls() {
		e.advance(g)
	}
}

// awaitsTimer reports whether a timer is set that may still let a goroutine go on: it does not belong to
// a loop that polls, and is no ticker that has fired often.
func (e *Exec) awaitsTimer() bool {
	for _, t := range e.clock.timers {
		switch {
		case t.idle(), t.sleeper != nil && t.sleeper.polls(), t.period > 0 && t.fired >= patience:
		default:
			return true
		}
	}
	return false
}

// callPath returns a number for the call stack outside this function's three callers in the
// package: the place in the program and the way to it. Six frames are enough to tell loops apart;
// two paths with the same sum would only make a goroutine be passed over too early.
func callPath() uintptr {
	var pcs [6]uintptr
	var sum uintptr
	for i := range runtime.Callers(4, pcs[:]) {
		sum = sum*31 + pcs[i]
	}
	return sum
}

// advance says that g made progress. A spinner's steps between two looks may be a part of its loop,
// such as taking a lock and giving it back, so they are none.
func (e *Exec) advance(g *G) {
	if !g.spin.yielding {
		e.progress = e.taken
	}
}

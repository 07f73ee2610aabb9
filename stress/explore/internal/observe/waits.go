package observe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// addWaits adds the goroutines that had not ended: what each waits for, which goroutines could have
// let it go on, and what became of these. It also finds a cycle of goroutines that wait for one
// another. After a panic or a failure goroutines are left too, but their waits explain nothing. A
// passed schedule has no waits worth telling.
func (t *translator) addWaits(s *failure.Report) {
	switch t.outcome.Kind {
	case schedrt.Deadlock, schedrt.Leak, schedrt.Livelock:
	default:
		return
	}
	blocked := map[int]int{} // a goroutine, and the single goroutine that it waits for
	for _, left := range t.outcome.Waiting {
		at := positionOf(left.PCs)
		if at.hidden { // the goroutine that waits for the workers of a scenario
			continue
		}
		w := failure.Wait{
			G: left.G, Op: t.text(left.Op, left.Object, &at), At: at.at, Missed: left.Missed,
		}
		switch {
		case t.last.goroutines[left.G].State == schedrt.Spinning:
			w.For = "a change: it reads the same things again and again, and no goroutine changes them"
		case at.entry == testingT+"Run":
			w.For = "its subtest: " + strings.Join(t.alive(left.G), "; ")
		case at.entry == testingT+"Parallel":
			w.For = "the function of its parent to return"
		case left.Timed:
			w.For = "time to pass: timers fire again and again, and let no other of these goroutines go on"
		default:
			t.explain(&w, left, blocked)
		}
		s.Waits = append(s.Waits, w)
	}
	s.Cycle = cycle(blocked)
}

// explain describes what a blocked goroutine waits for, and which goroutines could have let it go
// on. A wait on object 0 is one on a nil channel or on no case, which nothing can end: the last
// lines replace what the operation alone would suggest. users gets the operations that could have
// ended the wait: its list has the goroutines that performed one too early, or never came to it.
// Only locks enter blocked: no single goroutine has to end a wait for a channel or a Cond.
func (t *translator) explain(w *failure.Wait, left schedrt.Waiting, blocked map[int]int) {
	name, object := t.called(left.Object), t.last.objects[left.Object]
	switch left.Op {
	case schedrt.OpLock, schedrt.OpAnnounce, schedrt.OpRLock:
		t.explainLock(w, left, blocked)
	case schedrt.OpWait:
		w.For = "a Signal or Broadcast of " + name
		w.Could = t.users(left, "signalled", schedrt.OpSignal, schedrt.OpBroadcast)
	case schedrt.OpWaitGroup:
		w.For = fmt.Sprintf("%s to come from %d to 0", name, object.Count)
		w.Could = t.alive(left.G)
	case schedrt.OpSend:
		w.For = "a goroutine to receive from " + name
		w.Could = t.users(left, "received from it", schedrt.OpReceive, schedrt.OpSelect)
	case schedrt.OpReceive:
		w.For = "a goroutine to send to " + name + " or to close it"
		w.Could = t.users(left, "sent to it", schedrt.OpSend, schedrt.OpSelect, schedrt.OpFire)
	case schedrt.OpSelect:
		w.For = "one of its cases"
		w.Could = t.alive(left.G)
	case schedrt.OpRead:
		w.For = "the other side to write or to close"
		return
	case schedrt.OpAccept:
		w.For = "a goroutine to dial, or to close the listener"
		return
	case schedrt.OpWrite:
		w.For = "the other side to read or to close"
		return
	case schedrt.OpBubble:
		w.For = "all goroutines of the bubble to end"
		return
	case schedrt.OpBubbleWait:
		w.For = "the other goroutines of the bubble to wait for each other or for time, and not for a lock"
		return
	default:
		w.For = "what cannot come"
	}
	if left.Object == 0 {
		w.For, w.Could = "ever: the channel is nil", nil
		if left.Op == schedrt.OpSelect {
			w.For = "ever: it has no case that can become ready"
		}
	}
}

// explainLock explains a wait for a lock: by its holder, by a writer that waits for it, or by its
// readers. Only the last reader enters blocked, since the cycle needs one goroutine for each wait;
// with several readers, each of them must leave. A lock is explained by the goroutine that has to
// act next, because a reader looks for it.
func (t *translator) explainLock(w *failure.Wait, left schedrt.Waiting, blocked map[int]int) {
	name, lock := t.called(left.Object), t.last.objects[left.Object]
	if lock.Holder >= 0 && lock.Holder != left.G || lock.Locked {
		w.For = name + ", " + t.heldSince(lock.Holder, left.Object)
		blocked[left.G] = lock.Holder
		if !lock.Locked {
			w.For = fmt.Sprintf("%s, for which goroutine %d waits as a writer", name, lock.Holder)
		}
		w.For += "; it " + t.status(lock.Holder)
		return
	}
	readers := t.readers(left.Object)
	if len(readers) == 0 { // the trace does not show them: a step outside of control took the lock
		w.For = name + " to be free"
		return
	}
	w.For = fmt.Sprintf("the readers of %s to leave: %s", name, goroutines(readers))
	for _, g := range readers {
		blocked[left.G] = g
		w.Could = append(w.Could, t.statusOf(g))
	}
}

// heldSince describes since when a goroutine holds a lock. The step may lie before the report, and
// then only the holder is named.
func (t *translator) heldSince(g int, object int32) string {
	at, ok := t.taken(g, object)
	if !ok {
		return fmt.Sprintf("which goroutine %d holds", g)
	}
	return fmt.Sprintf("which goroutine %d holds since step %d, %v", g, at+1, t.positions[at].at)
}

// taken returns the last step in which a goroutine took a lock. It goes backwards from the end:
// the goroutine still holds the lock, so its last attempt succeeded.
func (t *translator) taken(g int, object int32) (step int, ok bool) {
	for i := t.till - 1; i >= t.from; i-- {
		s := &t.trace.Steps[i]
		if int(s.G) != g || t.trace.Places[i].Object != object {
			continue
		}
		switch s.Kind {
		case schedrt.OpLock, schedrt.OpAnnounce, schedrt.OpTryLock, schedrt.OpRLock, schedrt.OpTryRLock:
			return i, true
		}
	}
	return 0, false
}

// readers returns the goroutines that hold a lock for reading. A try counts if it changed the
// number of readers. It counts from the first step of the report. A lock that was taken earlier
// than that is missing.
func (t *translator) readers(object int32) (all []int) {
	shares := map[int]int{}
	for i := t.from; i < t.till; i++ {
		if t.trace.Places[i].Object != object {
			continue
		}
		g := int(t.trace.Steps[i].G)
		switch t.trace.Steps[i].Kind {
		case schedrt.OpRLock:
			shares[g]++
		case schedrt.OpTryRLock:
			shares[g] += t.after(i).objects[object].Count - t.before(i).objects[object].Count
		case schedrt.OpRUnlock:
			shares[g]--
		}
	}
	for g, n := range shares {
		if n > 0 {
			all = append(all, g)
		}
	}
	slices.Sort(all)
	return all
}

// users describes two sorts of goroutines, given the object of a wait and some kinds of operations. The first sort
// performed such an operation on the object too early for the goroutine that waits. The second never came to
// one. Each goroutine is named once, with its last such step, so the steps are read backwards.
func (t *translator) users(
	left schedrt.Waiting, did string, kinds ...schedrt.Kind,
) (could []string) {
	told := map[int]bool{left.G: true}
	for i := t.till - 1; i >= t.from; i-- {
		s := &t.trace.Steps[i]
		g := int(s.G)
		if told[g] || !slices.Contains(kinds, s.Kind) || !t.isOn(i, left.Object) {
			continue
		}
		told[g] = true
		if s.Kind == schedrt.OpFire {
			// A timer that is still set would wake the goroutine, whose wait is then another one.
			could = append(could, fmt.Sprintf("a timer %s at step %d; it is not set any more", did, i+1))
			continue
		}
		could = append(could, fmt.Sprintf("goroutine %d %s at step %d, %v; it %s",
			g, t.actionOf(i, did), i+1, t.positions[i].at, t.status(g)))
	}
	for _, other := range t.outcome.Waiting {
		if at := positionOf(other.PCs); !told[other.G] && !at.hidden {
			could = append(could, t.statusOf(other.G))
		}
	}
	if len(could) == 0 {
		could = []string{"no goroutine that is left could"}
	}
	return could
}

// actionOf describes a step on the object of a wait. did is the verb for an ordinary one. The
// result tells why the step did not help: it came too early, or took another way.
func (t *translator) actionOf(step int, did string) string {
	switch result := t.result(step); {
	case result == "no goroutine waits":
		return did + ", when no goroutine waited,"
	case result == "takes default":
		return "looked and took default"
	case t.trace.Steps[step].Kind == schedrt.OpSelect:
		return "came to a select"
	}
	return did
}

// isOn reports whether a step has an access to an object.
func (t *translator) isOn(step int, object int32) bool {
	for _, a := range t.trace.Accesses(&t.trace.Steps[step]) {
		if a.Object == object {
			return true
		}
	}
	return false
}

// alive describes the other goroutines that had not ended. It names each of them, because none can
// be excluded by the operation alone.
func (t *translator) alive(but int) (could []string) {
	for _, other := range t.outcome.Waiting {
		if at := positionOf(other.PCs); other.G != but && !at.hidden {
			could = append(could, t.statusOf(other.G))
		}
	}
	if len(could) == 0 {
		return []string{"no other goroutine is left"}
	}
	return could
}

// statusOf names a goroutine and describes what it does at the end.
func (t *translator) statusOf(g int) string {
	return fmt.Sprintf("goroutine %d %s", g, t.status(g))
}

// status describes what a goroutine does at the end. The goroutines that were left are few, so a
// search through them is enough.
func (t *translator) status(g int) string {
	for _, left := range t.outcome.Waiting {
		if left.G == g {
			at := positionOf(left.PCs)
			return "waits in " + t.text(left.Op, left.Object, &at)
		}
	}
	return "has ended"
}

// cycle finds goroutines of which each waits for the next, and the last for the first. Each walk
// ends at a goroutine that does not wait, or meets itself. It starts from the lowest number, so
// that reports of the same schedule are the same. A goroutine has one successor at most, so a walk
// is a path, and each is no longer than the map.
func cycle(blocked map[int]int) []int {
	for _, start := range slices.Sorted(maps.Keys(blocked)) {
		var path []int
		for g, ok := start, true; ok; g, ok = blocked[g], hasKey(blocked, g) {
			if i := slices.Index(path, g); i >= 0 {
				return path[i:]
			}
			path = append(path, g)
		}
	}
	return nil
}

// hasKey reports whether a map has a key. Indexing alone cannot tell: goroutine 0 is a value, too.
func hasKey(m map[int]int, key int) bool { _, ok := m[key]; return ok }

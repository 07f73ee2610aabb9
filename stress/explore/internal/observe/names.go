package observe

import (
	"fmt"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/source"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// nameVotes counts names for objects, by the object and then by the name. A vote is certain if the
// source line has one expression that the operation can be. It is a guess if there are several, as
// in a select.
// Both kinds are kept apart until all places were seen. One certain vote outweighs any number of
// guesses.
type nameVotes struct{ certain, guesses map[int32]map[string]int }

// nameObjects gives each object the name that the source has for it. An object is used in several
// places, which may have different names for it, so the places vote. The step of an object that was
// never reached, only waited for, counts too. A vote, because no single place can be trusted: a
// helper that locks its parameter names every lock l.
//
// The places of waits vote as well: in a deadlock the lock that matters may never have been
// taken.
func (t *translator) nameObjects() {
	t.names, t.kinds = map[int32]string{}, map[int32]string{}
	b := nameVotes{map[int32]map[string]int{}, map[int32]map[string]int{}}
	for i := t.from; i < t.till; i++ {
		event := &t.trace.Steps[i]
		objects := []int32{t.trace.Places[i].Object}
		if event.Kind == schedrt.OpSelect {
			for _, a := range t.trace.Accesses(event) {
				objects = append(objects, a.Object)
			}
		}
		for _, object := range objects {
			t.vote(b, event.Kind, object, &t.positions[i])
		}
	}
	for _, state := range t.last.goroutines {
		if state.State != schedrt.Ended {
			at := positionOf(state.PCs)
			t.vote(b, state.Op, state.Object, &at)
		}
	}
	t.count(b)
	for object, p := range t.last.objects {
		t.kinds[object] = [...]string{"word", "Mutex", "RWMutex", "channel", "WaitGroup", "Cond"}[p.Model]
	}
}

// count gives each object its name: the certain name with the most votes, or else the guess with
// the most votes that is no other object's certain name. Objects with the same name get their
// number behind it.
//
// Certain names come first for all objects, because guesses must know which names are taken. In a
// select of two channels, the channel that is known elsewhere thereby leaves its name to no other.
//
// The loops range over maps, but every choice among equals is by the alphabet, and objects have
// numbers of their own. So the result does not depend on the order.
func (t *translator) count(b nameVotes) {
	taken := map[string]bool{}
	for object, names := range b.certain {
		t.names[object] = mostVoted(names, nil)
		taken[t.names[object]] = true
	}
	for object, names := range b.guesses {
		if t.names[object] == "" {
			t.names[object] = mostVoted(names, taken)
		}
	}
	used := map[string]int{}
	for _, name := range t.names {
		used[name]++
	}
	for object, name := range t.names {
		if name != "" && used[name] > 1 {
			t.names[object] = fmt.Sprintf("%s#%d", name, object)
		}
	}
}

// vote counts the names that the source has for an object at one operation. Operations on the clock
// need no source. Nested operations and operations of a testing.T do not vote: the source line names
// another object. A line votes once for each name, however many expressions with this name it has.
//
// The clock is named without a vote, because no line of the source names it.
func (t *translator) vote(b nameVotes, kind schedrt.Kind, object int32, at *position) {
	switch kind {
	case schedrt.OpTimer, schedrt.OpNow, schedrt.OpSleep, schedrt.OpFire:
		b.certain[object] = map[string]int{"clock": 1}
		return
	}
	if object == 0 || isNested(kind, at) || strings.HasPrefix(at.entry, testingT) {
		return
	}
	names := map[string]bool{}
	for _, e := range t.candidates(kind, at) {
		if e.Object != "" {
			names[e.Object+part(kind, at)] = true
		}
	}
	votes := b.guesses
	if len(names) == 1 {
		votes = b.certain
	}
	for name := range names {
		if votes[object] == nil {
			votes[object] = map[string]int{}
		}
		votes[object][name]++
	}
}

// isNested reports whether an operation is on an object other than the receiver of the method: the
// lock that Cond.Wait unlocks.
func isNested(kind schedrt.Kind, at *position) bool {
	switch kind {
	case schedrt.OpWait, schedrt.OpSignal, schedrt.OpBroadcast:
		return false
	}
	return strings.HasPrefix(at.entry, "sync.(*Cond)")
}

// part returns the name of a part of an object of package sync, with a dot. A Once has two. The two
// have the name of one field in the source, and would otherwise be told as one object.
func part(kind schedrt.Kind, at *position) string {
	if !strings.HasPrefix(at.entry, "sync.(*Once)") {
		return ""
	}
	switch kind {
	case schedrt.OpLoad, schedrt.OpStore:
		return ".done"
	}
	return ".mutex"
}

// mostVoted returns the name with the most votes that is not taken. Among equals it is the first
// in the alphabet, so that reports of the same schedule are the same.
//
// taken is nil for certain names: two objects may really have one name, and then get numbers.
func mostVoted(votes map[string]int, taken map[string]bool) (best string) {
	for name, n := range votes {
		if !taken[name] && (best == "" || n > votes[best] || n == votes[best] && name < best) {
			best = name
		}
	}
	return best
}

// candidates returns the expressions of the source line that an operation can be. Without the file,
// or where it does not parse, there are none, and the report uses kinds and numbers.
//
// The files are parsed once each and kept, as a schedule stays in a few of them.
func (t *translator) candidates(kind schedrt.Kind, at *position) (all []source.Expr) {
	if at.file == "" {
		return nil
	}
	for _, e := range t.files.At(at.file, at.at.Line) {
		if matches(e, kind, at) {
			all = append(all, e)
		}
	}
	return all
}

// matches reports whether an expression can be an operation at a position. The name of the method
// is compared and not its package: the source is read without types. Channel operations have no
// method; the engine's function stands for their syntax.
//
// A match too many makes a guess of a certain vote, and a match too few leaves an object without
// a name. Neither makes a report wrong.
func matches(e source.Expr, kind schedrt.Kind, at *position) bool {
	switch at.method {
	case "Send":
		return e.Method == source.Send
	case "Recv", "Recv2":
		return e.Method == source.Recv
	case "Next", "NextInto":
		return e.Method == source.Range
	case "Select", "Forever":
		return e.Method == source.Select
	case "Close", "Len":
		return e.Method == strings.ToLower(at.method) && e.Args == 1
	}
	if at.closure { // a CancelFunc or the like: it may have any name, and has no arguments
		return e.Args == 0 && e.Method != "" && kind != schedrt.OpNone
	}
	return e.Method == at.method
}

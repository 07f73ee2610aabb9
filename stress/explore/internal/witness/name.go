package witness

import (
	"fmt"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/source"
	"github.com/semabench/semabench/stress/explore/sched"
)

// name calls the objects what the source calls them, by a vote among the places where they are used:
// where an operation could be on several things, each has a weak vote.
func (t *teller) name() {
	t.names, t.kinds = map[int32]string{}, map[int32]string{}
	votes := map[int32]map[string]int{}
	for i := t.from; i < len(t.trace.Steps); i++ {
		t.vote(votes, t.trace.Steps[i].Kind, t.trace.Places[i].Object, &t.sites[i])
	}
	for _, seat := range t.last.seats {
		if seat.State != sched.Gone && seat.Object > 0 {
			at := siteOf(seat.PCs)
			t.vote(votes, seat.Op, seat.Object, &at)
		}
	}
	used := map[string]int{}
	for object, names := range votes {
		t.names[object] = favourite(names)
		used[t.names[object]]++
	}
	for object, name := range t.names {
		if used[name] > 1 {
			t.names[object] = fmt.Sprintf("%s#%d", name, object)
		}
	}
	for object, p := range t.last.objects {
		t.kinds[object] = [...]string{"word", "Mutex", "RWMutex", "channel", "WaitGroup", "Cond"}[p.Model]
	}
}

func (t *teller) vote(votes map[int32]map[string]int, kind sched.Kind, object int32, at *site) {
	if object == 0 {
		return
	}
	names := map[string]bool{}
	for _, e := range t.candidates(kind, at) {
		if e.Object != "" && !isInner(kind, at) {
			names[e.Object+part(kind, at)] = true
		}
	}
	weight := 1
	if len(names) == 1 {
		weight = 3
	}
	for name := range names {
		if votes[object] == nil {
			votes[object] = map[string]int{}
		}
		votes[object][name] += weight
	}
}

// isInner reports whether an operation is on something else than what the method was called on.
func isInner(kind sched.Kind, at *site) bool {
	switch kind {
	case sched.OpWait, sched.OpSignal, sched.OpBroadcast:
		return false
	}
	return strings.HasPrefix(at.entry, "sync.(*Cond)")
}

// part tells the objects apart that something of package sync is made of.
func part(kind sched.Kind, at *site) string {
	if !strings.HasPrefix(at.entry, "sync.(*Once)") {
		return ""
	}
	switch kind {
	case sched.OpLoad, sched.OpStore:
		return ".done"
	}
	return ".mutex"
}

// favourite returns the name with the most votes, the first in the alphabet among equals.
func favourite(votes map[string]int) (best string) {
	for name, n := range votes {
		if best == "" || n > votes[best] || n == votes[best] && name < best {
			best = name
		}
	}
	return best
}

// candidates are the expressions that an operation can be.
func (t *teller) candidates(kind sched.Kind, at *site) (all []source.Expr) {
	if at.file == "" {
		return nil
	}
	for _, e := range t.files.At(at.file, at.at.Line) {
		if isMeant(e, kind, at) {
			all = append(all, e)
		}
	}
	return all
}

func isMeant(e source.Expr, kind sched.Kind, at *site) bool {
	switch at.method {
	case "Send":
		return e.Method == source.Send
	case "Recv", "Recv2":
		return e.Method == source.Recv
	case "Next":
		return e.Method == source.Range
	case "Select", "Forever":
		return e.Method == source.Select
	case "Close", "Len":
		return e.Method == strings.ToLower(at.method) && e.Args == 1
	}
	if at.closure { // it has a name that nobody knows, and such functions have no arguments
		return e.Args == 0 && e.Method != "" && kind != sched.OpNone
	}
	return e.Method == at.method
}

package observe

import (
	"fmt"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/source"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// ballots count names for objects: certain ones from places where an operation could be on one thing
// only, and guesses from the others, such as a select.
type ballots struct{ certain, guesses map[int32]map[string]int }

// name calls the objects what the source calls them, by a vote among the places where they are used.
func (t *builder) name() {
	t.names, t.kinds = map[int32]string{}, map[int32]string{}
	b := ballots{map[int32]map[string]int{}, map[int32]map[string]int{}}
	for i := t.from; i < t.till; i++ {
		event := &t.trace.Steps[i]
		objects := []int32{t.trace.Places[i].Object}
		if event.Kind == schedrt.OpSelect {
			for _, a := range t.trace.Accesses(event) {
				objects = append(objects, a.Object)
			}
		}
		for _, object := range objects {
			t.vote(b, event.Kind, object, &t.sites[i])
		}
	}
	for _, seat := range t.last.goroutines {
		if seat.State != schedrt.Ended {
			at := siteOf(seat.PCs)
			t.vote(b, seat.Op, seat.Object, &at)
		}
	}
	t.count(b)
	for object, p := range t.last.objects {
		t.kinds[object] = [...]string{"word", "Mutex", "RWMutex", "channel", "WaitGroup", "Cond"}[p.Model]
	}
}

// count gives each object its name. What is certain for one is no guess for another, and those of the
// same name get a number.
func (t *builder) count(b ballots) {
	taken := map[string]bool{}
	for object, names := range b.certain {
		t.names[object] = favourite(names, nil)
		taken[t.names[object]] = true
	}
	for object, names := range b.guesses {
		if t.names[object] == "" {
			t.names[object] = favourite(names, taken)
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

func (t *builder) vote(b ballots, kind schedrt.Kind, object int32, at *site) {
	switch kind {
	case schedrt.OpTimer, schedrt.OpNow, schedrt.OpSleep, schedrt.OpFire: // which all are on the one clock
		b.certain[object] = map[string]int{"clock": 1}
		return
	}
	if object == 0 || isInner(kind, at) || strings.HasPrefix(at.entry, ofT) {
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

// isInner reports whether an operation is on something else than what the method was called on.
func isInner(kind schedrt.Kind, at *site) bool {
	switch kind {
	case schedrt.OpWait, schedrt.OpSignal, schedrt.OpBroadcast:
		return false
	}
	return strings.HasPrefix(at.entry, "sync.(*Cond)")
}

// part tells the objects apart that something of package sync is made of.
func part(kind schedrt.Kind, at *site) string {
	if !strings.HasPrefix(at.entry, "sync.(*Once)") {
		return ""
	}
	switch kind {
	case schedrt.OpLoad, schedrt.OpStore:
		return ".done"
	}
	return ".mutex"
}

// favourite returns the name with the most votes, the first in the alphabet among equals.
func favourite(votes map[string]int, taken map[string]bool) (best string) {
	for name, n := range votes {
		if !taken[name] && (best == "" || n > votes[best] || n == votes[best] && name < best) {
			best = name
		}
	}
	return best
}

// candidates are the expressions that an operation can be.
func (t *builder) candidates(kind schedrt.Kind, at *site) (all []source.Expr) {
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

func isMeant(e source.Expr, kind schedrt.Kind, at *site) bool {
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
	if at.closure { // it has a name that nobody knows, and such functions have no arguments
		return e.Args == 0 && e.Method != "" && kind != schedrt.OpNone
	}
	return e.Method == at.method
}

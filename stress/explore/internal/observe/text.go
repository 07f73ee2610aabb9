package observe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// text describes an operation: by the expression in the source, if that is known, and by its kind
// otherwise. The words of the source come first, because the reader knows them.
//
// Several expressions of one line may fit the kind of the operation. Then the name of the object
// decides.
func (t *translator) text(kind schedrt.Kind, object int32, at *position) string {
	switch kind {
	case schedrt.OpAwaitRest:
		return "nothing else can move"
	case schedrt.OpRestOver:
		return "goes on"
	case schedrt.OpFire:
		return "time passes"
	}
	own := t.plain(kind, object, at)
	all := t.candidates(kind, at)
	if len(all) == 0 {
		return own
	}
	text := all[0].Text
	for _, e := range all { // of several expressions on a line, the one on this object
		if e.Object != "" && e.Object == t.names[object] {
			text = e.Text
			break
		}
	}
	switch {
	case isNested(kind, at) || part(kind, at) != "":
		return text + ": " + own
	case parts[kind] != "":
		return text + ": " + parts[kind]
	}
	return text
}

// parts names operations that are a part of a call: a call of package context has several. A reader
// sees one call in the source and several steps in the report; the words say which part a step is.
var parts = map[schedrt.Kind]string{
	schedrt.OpRegister: "joins its parent", schedrt.OpStop: "leaves its parent",
	schedrt.OpTimer: "sets a timer", schedrt.OpNow: "reads the clock",
}

// plain describes an operation without the source. A deferred call needs it: its position is the
// return of the function, where the call is not written.
//
// The words look like Go where Go has words for it, so that a reader need not learn others.
func (t *translator) plain(kind schedrt.Kind, object int32, at *position) string {
	name := t.names[object]
	switch {
	case object == 0:
		return kind.String()
	case name == "":
		return kind.String() + " " + t.called(object)
	case kind == schedrt.OpAdd && at.file == "": // the Done that WaitGroup.Go adds
		return name + ".Done()"
	case strings.HasPrefix(at.entry, "sync.(*") && !isNested(kind, at) && part(kind, at) == "" ||
		strings.HasPrefix(at.entry, "atomic.(*"):
		return name + "." + at.method + "()"
	}
	switch kind {
	case schedrt.OpCancel:
		return "cancels " + name
	case schedrt.OpStop:
		return name + ": " + parts[kind]
	}
	if pattern, ok := patterns[kind]; ok {
		return fmt.Sprintf(pattern, name)
	}
	return kind.String() + " " + name
}

// patterns formats operations on a named object. A kind without a pattern has no notation in Go,
// and is written as its name.
var patterns = map[schedrt.Kind]string{
	schedrt.OpLock: "%s.Lock()", schedrt.OpTryLock: "%s.TryLock()", schedrt.OpUnlock: "%s.Unlock()",
	schedrt.OpRLock: "%s.RLock()", schedrt.OpTryRLock: "%s.TryRLock()",
	schedrt.OpRUnlock:  "%s.RUnlock()",
	schedrt.OpAnnounce: "%s.Lock()", schedrt.OpWait: "%s.Wait()", schedrt.OpSignal: "%s.Signal()",
	schedrt.OpBroadcast: "%s.Broadcast()", schedrt.OpWaitGroup: "%s.Wait()",
	schedrt.OpLoad: "%s.Load()", schedrt.OpStore: "%s.Store()", schedrt.OpCAS: "%s.CompareAndSwap()",
	schedrt.OpSend: "%s <-", schedrt.OpReceive: "<-%s", schedrt.OpClose: "close(%s)",
	schedrt.OpLen: "len(%s)",
}

// called returns the name of an object, or its number if it has none. A number is the same in all
// reports of one schedule, so a reader can follow an object without a name.
func (t *translator) called(object int32) string {
	if object == 0 {
		return ""
	}
	if name := t.names[object]; name != "" {
		return name
	}
	return fmt.Sprintf("#%d", object)
}

// result describes the effect of a step, from the snapshots before and after it. The engine reports
// no results, so all of them are read from what changed: a TryLock succeeded if the lock has
// another version now. Deriving it from two states also keeps the engine fast: a search needs no
// results.
func (t *translator) result(i int) string {
	event, object := &t.trace.Steps[i], t.trace.Places[i].Object
	before, after := t.before(i), t.after(i)
	was, now := before.objects[object], after.objects[object]
	switch event.Kind {
	case schedrt.OpLoad:
		return prefixUnlessEmpty("= ", t.word(after, object))
	case schedrt.OpStore, schedrt.OpSwap, schedrt.OpCAS:
		return t.writeResult(event.Kind, before, after, object)
	case schedrt.OpTryLock, schedrt.OpTryRLock:
		return fmt.Sprintf("= %v", was.Version != now.Version)
	case schedrt.OpAdd:
		if t.names[object] == "" && t.positions[i].hidden {
			return ""
		}
		return fmt.Sprintf("counter %d → %d", was.Count, now.Count)
	case schedrt.OpSend, schedrt.OpReceive, schedrt.OpClose, schedrt.OpLen:
		return t.channelResult(i, event.Kind, &was, &now)
	case schedrt.OpSelect:
		return t.selectResult(i)
	case schedrt.OpSignal, schedrt.OpBroadcast:
		if len(was.Queue) == 0 {
			return "no goroutine waits"
		}
		return "wakes " + goroutines(departed(was.Queue, now.Queue))
	}
	return ""
}

// prefixUnlessEmpty returns text with a prefix, "" for "".
func prefixUnlessEmpty(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// writeResult describes the effect of an operation that may write an atomic word. Before the first
// use of the word its value is not known. A compare-and-swap that fails leaves the version as it
// was. A store is described by the new value alone: the goroutine did not look at the old one.
func (t *translator) writeResult(kind schedrt.Kind, before, after *snapshot, object int32) string {
	now := t.word(after, object)
	if now == "" {
		return ""
	}
	same := before.objects[object].Version == after.objects[object].Version
	switch was := t.word(before, object); {
	case kind == schedrt.OpCAS && same:
		return "fails, is " + now
	case was != "" && kind != schedrt.OpStore:
		return was + " → " + now
	}
	return t.called(object) + " = " + now
}

// channelResult describes the effect of an operation on a channel. The order of the cases matters:
// a blocked goroutine has had no effect yet, and a goroutine that left the queue was met, whatever
// the buffer holds.
func (t *translator) channelResult(i int, kind schedrt.Kind, was, now *schedrt.ObjectState) string {
	met := goroutines(departed(was.Queue, now.Queue))
	switch {
	case kind == schedrt.OpLen:
		return fmt.Sprintf("= %d", now.Count)
	case t.after(i).goroutines[t.trace.Steps[i].G].State == schedrt.Blocked:
		return "" // the report says that it waits
	case kind == schedrt.OpClose && met != "":
		return "wakes " + met
	case kind == schedrt.OpClose:
		return ""
	case kind == schedrt.OpSend && met != "":
		return "to " + met
	case kind == schedrt.OpReceive && was.Closed && was.Count == 0:
		return "closed"
	case kind == schedrt.OpReceive && met != "" && was.Count == 0:
		return "from " + met
	}
	return fmt.Sprintf("%d of %d buffered", now.Count, now.Cap)
}

// selectResult describes which case a select took: the case whose channel has changed. A select
// that only read its channels took its default. A receive from a closed channel changes nothing,
// and then the case is not known. The engine has no record of the case, so it is derived like the
// other results.
func (t *translator) selectResult(i int) string {
	if t.after(i).goroutines[t.trace.Steps[i].G].State == schedrt.Blocked {
		return ""
	}
	accesses := t.trace.Accesses(&t.trace.Steps[i])
	if !slices.ContainsFunc(accesses, func(a schedrt.Access) bool { return a.Mode != schedrt.Read }) {
		return "takes default"
	}
	for _, a := range accesses {
		was, now := t.before(i).objects[a.Object], t.after(i).objects[a.Object]
		if was.Version != now.Version {
			return "takes " + t.called(a.Object)
		}
	}
	return ""
}

// state describes the state of an object.
func (t *translator) state(p *schedrt.ObjectState, m *snapshot) string {
	switch p.Model {
	case schedrt.ModelWord:
		return t.word(m, p.Object)
	case schedrt.ModelMutex:
		if !p.Locked {
			return "free"
		}
		return fmt.Sprintf("held by %d", p.Holder)
	case schedrt.ModelRWMutex:
		return rwState(p)
	case schedrt.ModelChannel:
		return channelState(p)
	case schedrt.ModelWaitGroup:
		return fmt.Sprintf("counter %d", p.Count)
	}
	if len(p.Queue) == 0 {
		return "no goroutine waits"
	}
	return goroutines(p.Queue) + " waits"
}

// word returns the value of an atomic word in a snapshot, "" if it is not known.
func (t *translator) word(m *snapshot, object int32) string {
	bits, ok := m.words[object]
	if !ok {
		return ""
	}
	return t.value(object, bits)
}

// rwState describes the state of an RWMutex. The three parts are independent: a writer may wait
// while readers hold the lock.
func rwState(p *schedrt.ObjectState) string {
	var parts []string
	switch {
	case p.Locked:
		parts = append(parts, fmt.Sprintf("held by %d", p.Holder))
	case p.Holder >= 0:
		parts = append(parts, fmt.Sprintf("%d waits to write", p.Holder))
	}
	switch {
	case p.Count == 1:
		parts = append(parts, "1 reader")
	case p.Count > 1:
		parts = append(parts, fmt.Sprintf("%d readers", p.Count))
	}
	if len(parts) == 0 {
		return "free"
	}
	return strings.Join(parts, ", ")
}

// channelState describes the state of a channel: its buffer, its waiters and whether it is closed.
func channelState(p *schedrt.ObjectState) string {
	text := ""
	switch {
	case p.Cap > 0:
		text = fmt.Sprintf("%d of %d", p.Count, p.Cap)
	case len(p.Queue) == 0:
		text = "no goroutine waits"
	}
	if len(p.Queue) > 0 {
		text = strings.TrimPrefix(text+", "+goroutines(p.Queue)+" waits", ", ")
	}
	if p.Closed {
		text = strings.TrimSuffix("closed, "+text, ", no goroutine waits")
	}
	return text
}

// departed returns the goroutines that have left a queue, in the order of the queue. A goroutine
// that left and joined again within the step does not count. A queue loses a goroutine in the step
// that meets or wakes it, so this step did.
func departed(was, now []int) (left []int) {
	for _, g := range was {
		if !slices.Contains(now, g) {
			left = append(left, g)
		}
	}
	return left
}

// goroutines lists goroutines as text, "" if there are none. Sorted and without repetitions,
// because the same goroutine may wait in several cases of a select.
func goroutines(ids []int) string {
	if len(ids) == 0 {
		return ""
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	var names []string
	for _, id := range slices.Compact(ids) {
		names = append(names, strconv.Itoa(id))
	}
	if len(names) == 1 {
		return "goroutine " + names[0]
	}
	return "goroutines " + strings.Join(names, ", ")
}

// value formats the bits of an atomic word by its type. Pointers are numbered in the order in which
// they come, because addresses differ from run to run. A number for a pointer is enough: a reader
// asks whether two pointers are the same, and not where they point.
func (t *translator) value(object int32, bits uint64) string {
	switch w := t.words[object]; {
	case w.kind == "bool":
		return strconv.FormatBool(bits != 0)
	case w.kind == "unsigned":
		return strconv.FormatUint(bits, 10)
	case w.kind == "signed" && w.size == 4:
		return strconv.FormatInt(int64(int32(bits)), 10)
	case w.kind == "signed":
		return strconv.FormatInt(int64(bits), 10)
	case bits == 0:
		return "nil"
	case w.kind == "value":
		return "a value" // its first word has only the type
	}
	if t.pointers == nil {
		t.pointers = map[uint64]int{}
	}
	if t.pointers[bits] == 0 {
		t.pointers[bits] = len(t.pointers) + 1
	}
	return fmt.Sprintf("pointer %d", t.pointers[bits])
}

// Describe describes a step in a line, for a comparison of two executions. Describe uses no names
// of objects: naming needs the whole trace, and the traces of the two executions may differ.
// Positions and kinds are the same in two executions of a deterministic program. So the first line
// that differs shows where the program is not deterministic.
func Describe(step *schedrt.Event, place schedrt.Place) string {
	at := positionOf(place.PCs)
	text := step.Kind.String()
	if place.Object > 0 {
		text += fmt.Sprintf(" #%d", place.Object)
	}
	if at.at.File != "" {
		text += " at " + at.at.String()
	}
	return text
}

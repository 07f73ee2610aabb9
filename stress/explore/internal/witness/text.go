package witness

import (
	"fmt"
	"strings"

	"github.com/semabench/semabench/stress/explore/sched"
)

// text says what an operation is, in the words of the source if they are known.
func (t *teller) text(kind sched.Kind, object int32, at *site) string {
	switch kind {
	case sched.OpSettle:
		return "nothing else can move"
	case sched.OpPass:
		return "goes on"
	case sched.OpFire:
		return "time passes"
	}
	own := t.plain(kind, object, at)
	all := t.candidates(kind, at)
	if len(all) == 0 {
		return own
	}
	text := all[0].Text
	for _, e := range all { // of several on a line the one on this object
		if e.Object != "" && e.Object == t.names[object] {
			text = e.Text
			break
		}
	}
	switch {
	case isInner(kind, at) || part(kind, at) != "":
		return text + ": " + own
	case parts[kind] != "":
		return text + ": " + parts[kind]
	}
	return text
}

// parts are operations of which a call of package context has several.
var parts = map[sched.Kind]string{
	sched.OpRegister: "joins its parent", sched.OpStop: "leaves its parent",
	sched.OpTimer: "sets a timer", sched.OpNow: "reads the clock",
}

// plain says it without the line of the source: a deferred call is where its function returns, and
// there it is not written.
func (t *teller) plain(kind sched.Kind, object int32, at *site) string {
	name := t.names[object]
	switch {
	case object == 0:
		return kind.String()
	case name == "":
		return kind.String() + " " + t.called(object)
	case kind == sched.OpAdd && at.file == "": // of WaitGroup.Go
		return name + ".Done()"
	case strings.HasPrefix(at.entry, "sync.(*") && !isInner(kind, at) && part(kind, at) == "" ||
		strings.HasPrefix(at.entry, "atomic.(*"):
		return name + "." + at.method + "()"
	}
	switch kind {
	case sched.OpCancel:
		return "cancels " + name
	case sched.OpStop:
		return name + ": " + parts[kind]
	}
	if pattern, ok := patterns[kind]; ok {
		return fmt.Sprintf(pattern, name)
	}
	return kind.String() + " " + name
}

var patterns = map[sched.Kind]string{
	sched.OpLock: "%s.Lock()", sched.OpTryLock: "%s.TryLock()", sched.OpUnlock: "%s.Unlock()",
	sched.OpRLock: "%s.RLock()", sched.OpTryRLock: "%s.TryRLock()", sched.OpRUnlock: "%s.RUnlock()",
	sched.OpAnnounce: "%s.Lock()", sched.OpWait: "%s.Wait()", sched.OpSignal: "%s.Signal()",
	sched.OpBroadcast: "%s.Broadcast()", sched.OpWaitGroup: "%s.Wait()",
	sched.OpLoad: "%s.Load()", sched.OpStore: "%s.Store()", sched.OpCAS: "%s.CompareAndSwap()",
	sched.OpSend: "%s <-", sched.OpReceive: "<-%s", sched.OpClose: "close(%s)", sched.OpLen: "len(%s)",
}

// called is what a report calls an object.
func (t *teller) called(object int32) string {
	if object == 0 {
		return ""
	}
	if name := t.names[object]; name != "" {
		return name
	}
	return fmt.Sprintf("#%d", object)
}

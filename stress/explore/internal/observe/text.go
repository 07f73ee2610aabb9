package observe

import (
	"fmt"
	"strings"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// text says what an operation is, in the words of the source if they are known.
func (t *builder) text(kind schedrt.Kind, object int32, at *site) string {
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
var parts = map[schedrt.Kind]string{
	schedrt.OpRegister: "joins its parent", schedrt.OpStop: "leaves its parent",
	schedrt.OpTimer: "sets a timer", schedrt.OpNow: "reads the clock",
}

// plain says it without the line of the source: a deferred call is where its function returns, and
// there it is not written.
func (t *builder) plain(kind schedrt.Kind, object int32, at *site) string {
	name := t.names[object]
	switch {
	case object == 0:
		return kind.String()
	case name == "":
		return kind.String() + " " + t.called(object)
	case kind == schedrt.OpAdd && at.file == "": // of WaitGroup.Go
		return name + ".Done()"
	case strings.HasPrefix(at.entry, "sync.(*") && !isInner(kind, at) && part(kind, at) == "" ||
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

var patterns = map[schedrt.Kind]string{
	schedrt.OpLock: "%s.Lock()", schedrt.OpTryLock: "%s.TryLock()", schedrt.OpUnlock: "%s.Unlock()",
	schedrt.OpRLock: "%s.RLock()", schedrt.OpTryRLock: "%s.TryRLock()", schedrt.OpRUnlock: "%s.RUnlock()",
	schedrt.OpAnnounce: "%s.Lock()", schedrt.OpWait: "%s.Wait()", schedrt.OpSignal: "%s.Signal()",
	schedrt.OpBroadcast: "%s.Broadcast()", schedrt.OpWaitGroup: "%s.Wait()",
	schedrt.OpLoad: "%s.Load()", schedrt.OpStore: "%s.Store()", schedrt.OpCAS: "%s.CompareAndSwap()",
	schedrt.OpSend: "%s <-", schedrt.OpReceive: "<-%s", schedrt.OpClose: "close(%s)", schedrt.OpLen: "len(%s)",
}

// called is what a report calls an object.
func (t *builder) called(object int32) string {
	if object == 0 {
		return ""
	}
	if name := t.names[object]; name != "" {
		return name
	}
	return fmt.Sprintf("#%d", object)
}

package observe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// result says what came of a step, from what everything was like before it and after it.
func (t *builder) result(i int) string {
	event, object := &t.trace.Steps[i], t.trace.Places[i].Object
	before, after := t.before(i), t.after(i)
	was, now := before.objects[object], after.objects[object]
	switch event.Kind {
	case schedrt.OpLoad:
		return prefixed("= ", t.word(after, object))
	case schedrt.OpStore, schedrt.OpSwap, schedrt.OpCAS:
		return t.written(event.Kind, before, after, object)
	case schedrt.OpTryLock, schedrt.OpTryRLock:
		return fmt.Sprintf("= %v", was.Version != now.Version)
	case schedrt.OpAdd:
		if t.names[object] == "" && t.sites[i].hidden {
			return ""
		}
		return fmt.Sprintf("counter %d → %d", was.Count, now.Count)
	case schedrt.OpSend, schedrt.OpReceive, schedrt.OpClose, schedrt.OpLen:
		return t.communicated(i, event.Kind, &was, &now)
	case schedrt.OpSelect:
		return t.selected(i)
	case schedrt.OpSignal, schedrt.OpBroadcast:
		if len(was.Queue) == 0 {
			return "nobody waits"
		}
		return "wakes " + goroutines(gone(was.Queue, now.Queue))
	}
	return ""
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// written is what became of a word. Before its first use it is not known.
func (t *builder) written(kind schedrt.Kind, before, after *snapshot, object int32) string {
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

// communicated says what became of an operation on a channel.
func (t *builder) communicated(i int, kind schedrt.Kind, was, now *schedrt.ObjectState) string {
	met := goroutines(gone(was.Queue, now.Queue))
	switch {
	case kind == schedrt.OpLen:
		return fmt.Sprintf("= %d", now.Count)
	case t.after(i).goroutines[t.trace.Steps[i].G].State == schedrt.Blocked:
		return "" // that it waits is said anyway
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

// selected says which case was taken: the one whose channel changed.
func (t *builder) selected(i int) string {
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

// state says what an object is like.
func (t *builder) state(p *schedrt.ObjectState, m *snapshot) string {
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
		return "nobody waits"
	}
	return goroutines(p.Queue) + " waits"
}

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

func channelState(p *schedrt.ObjectState) string {
	text := ""
	switch {
	case p.Cap > 0:
		text = fmt.Sprintf("%d of %d", p.Count, p.Cap)
	case len(p.Queue) == 0:
		text = "nobody waits"
	}
	if len(p.Queue) > 0 {
		text = strings.TrimPrefix(text+", "+goroutines(p.Queue)+" waits", ", ")
	}
	if p.Closed {
		text = strings.TrimSuffix("closed, "+text, ", nobody waits")
	}
	return text
}

// gone returns who is no more in a line.
func gone(was, now []int) (left []int) {
	for _, g := range was {
		if !slices.Contains(now, g) {
			left = append(left, g)
		}
	}
	return left
}

// goroutines lists them, "" if there are none.
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

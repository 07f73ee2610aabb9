package witness

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/semabench/semabench/stress/explore/sched"
)

// result says what came of a step, from what everything was like before it and after it.
func (t *teller) result(i int) string {
	event, object := &t.trace.Steps[i], t.trace.Places[i].Object
	before, after := t.before(i), t.after(i)
	was, now := before.objects[object], after.objects[object]
	switch event.Kind {
	case sched.OpLoad:
		return prefixed("= ", t.word(after, object))
	case sched.OpStore, sched.OpSwap, sched.OpCAS:
		return t.written(event.Kind, before, after, object)
	case sched.OpTryLock, sched.OpTryRLock:
		return fmt.Sprintf("= %v", was.Version != now.Version)
	case sched.OpAdd:
		if t.names[object] == "" && t.sites[i].hidden {
			return ""
		}
		return fmt.Sprintf("counter %d → %d", was.Count, now.Count)
	case sched.OpSend, sched.OpReceive, sched.OpClose, sched.OpLen:
		return t.communicated(i, event.Kind, &was, &now)
	case sched.OpSelect:
		return t.selected(i)
	case sched.OpSignal, sched.OpBroadcast:
		if len(was.Line) == 0 {
			return "nobody waits"
		}
		return "wakes " + goroutines(gone(was.Line, now.Line))
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
func (t *teller) written(kind sched.Kind, before, after *moment, object int32) string {
	now := t.word(after, object)
	if now == "" {
		return ""
	}
	same := before.objects[object].Version == after.objects[object].Version
	switch was := t.word(before, object); {
	case kind == sched.OpCAS && same:
		return "fails, is " + now
	case was != "" && kind != sched.OpStore:
		return was + " → " + now
	}
	return t.called(object) + " = " + now
}

// communicated says what became of an operation on a channel.
func (t *teller) communicated(i int, kind sched.Kind, was, now *sched.Peek) string {
	met := goroutines(gone(was.Line, now.Line))
	switch {
	case kind == sched.OpLen:
		return fmt.Sprintf("= %d", now.Count)
	case t.after(i).seats[t.trace.Steps[i].G].State == sched.Stuck:
		return "" // that it waits is said anyway
	case kind == sched.OpClose && met != "":
		return "wakes " + met
	case kind == sched.OpClose:
		return ""
	case kind == sched.OpSend && met != "":
		return "to " + met
	case kind == sched.OpReceive && was.Closed && was.Count == 0:
		return "closed"
	case kind == sched.OpReceive && met != "" && was.Count == 0:
		return "from " + met
	}
	return fmt.Sprintf("%d of %d buffered", now.Count, now.Cap)
}

// selected says which case was taken: the one whose channel changed.
func (t *teller) selected(i int) string {
	if t.after(i).seats[t.trace.Steps[i].G].State == sched.Stuck {
		return ""
	}
	accesses := t.trace.Accesses(&t.trace.Steps[i])
	if !slices.ContainsFunc(accesses, func(a sched.Access) bool { return a.Mode != sched.Read }) {
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
func (t *teller) state(p *sched.Peek, m *moment) string {
	switch p.Model {
	case sched.AWord:
		return t.word(m, p.Object)
	case sched.AMutex:
		if !p.Locked {
			return "free"
		}
		return fmt.Sprintf("held by %d", p.Holder)
	case sched.ARWMutex:
		return rwState(p)
	case sched.AChannel:
		return channelState(p)
	case sched.AWaitGroup:
		return fmt.Sprintf("counter %d", p.Count)
	}
	if len(p.Line) == 0 {
		return "nobody waits"
	}
	return goroutines(p.Line) + " waits"
}

func rwState(p *sched.Peek) string {
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

func channelState(p *sched.Peek) string {
	text := ""
	switch {
	case p.Cap > 0:
		text = fmt.Sprintf("%d of %d", p.Count, p.Cap)
	case len(p.Line) == 0:
		text = "nobody waits"
	}
	if len(p.Line) > 0 {
		text = strings.TrimPrefix(text+", "+goroutines(p.Line)+" waits", ", ")
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

// Package signal stands for os/signal in rewritten code.
//
//	signal.Notify(c, os.Interrupt) // as if no other process sent one
//
// Under control no signal comes from outside. A goroutine that waits for one may be left when the program
// has returned. A program that cannot return without a signal is refused. A signal that the program sends
// to its own process comes, see Raise.
package signal

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/context"
	"github.com/semabench/semabench/stress/explore/shim/sync"
)

// signals is the state of one schedule. Its fields belong to steps that touch object. delivery is held
// while a signal is sent to its channels, which are steps of their own: Stop waits for that, so that its
// channel gets nothing afterwards.
var signals struct {
	object   schedrt.Object
	handlers []*handler
	ignored  []os.Signal
	pending  []syscall.Signal
	raised   bool
	delivery sync.Mutex
}

func init() { schedrt.AtBegin(reset) }

//go:norace
func reset() {
	signals.handlers, signals.ignored, signals.pending, signals.raised = nil, nil, nil, false
	signals.delivery = sync.Mutex{}
}

// A handler is a channel of Notify, or a function of NotifyContext, and its signals. Without signals it
// takes all.
type handler struct {
	c       chan<- os.Signal
	end     func(os.Signal)
	signals []os.Signal
	all     bool
}

func (h *handler) wants(s os.Signal) bool { return h.all || slices.Contains(h.signals, s) }

// step performs f as a step on the state.
func step(f func()) {
	schedrt.Do(schedrt.OpRaise, func() bool { f(); return true },
		schedrt.Touch{Object: &signals.object, Mode: schedrt.Write})
}

// Notify is signal.Notify.
func Notify(c chan<- os.Signal, wanted ...os.Signal) {
	if !schedrt.Controlled() {
		signal.Notify(c, wanted...)
		return
	}
	if c == nil {
		panic("os/signal: Notify using nil channel")
	}
	schedrt.MarkSignals(c)
	add(&handler{c: c, signals: slices.Clone(wanted), all: len(wanted) == 0})
}

// add adds a handler. It is a step, as a signal that is sent before finds no handler. A second Notify of
// a channel adds to its signals: two handlers would send twice.
func add(h *handler) {
	step(func() {
		signals.ignored = slices.DeleteFunc(signals.ignored, h.wants)
		for _, old := range signals.handlers {
			if h.c != nil && old.c == h.c {
				old.signals, old.all = append(old.signals, h.signals...), old.all || h.all
				return
			}
		}
		signals.handlers = append(signals.handlers, h)
	})
}

// remove removes the handlers that match, and waits for a signal that is on its way to them. In a
// schedule without signals there is none, and the lock is no step.
func remove(match func(*handler) bool) {
	var wait bool
	step(func() {
		signals.handlers = slices.DeleteFunc(signals.handlers, match)
		wait = signals.raised
	})
	if wait {
		signals.delivery.Lock()
		defer signals.delivery.Unlock()
	}
}

// NotifyContext is signal.NotifyContext. The signal ends the context in the goroutine that delivers it.
// In the standard library a goroutine of the context receives it first, which takes longer and is the
// same for the program.
func NotifyContext(parent context.Context, wanted ...os.Signal) (context.Context, context.CancelFunc) {
	if !schedrt.Controlled() {
		return signal.NotifyContext(parent, wanted...)
	}
	ctx, cancel := shim.WithCancelCause(parent)
	schedrt.MarkClosedBySignal(ctx.Done())
	h := &handler{
		end:     func(s os.Signal) { cancel(received(s.String() + " signal received")) },
		signals: slices.Clone(wanted), all: len(wanted) == 0,
	}
	add(h)
	return ctx, func() {
		cancel(nil)
		remove(func(other *handler) bool { return other == h })
	}
}

// received is the cause of a context that a signal has ended, as in package signal.
type received string

func (r received) Error() string        { return string(r) }
func (r received) Is(target error) bool { return target == context.Canceled }

// Stop is signal.Stop.
func Stop(c chan<- os.Signal) {
	if !schedrt.Controlled() {
		signal.Stop(c)
		return
	}
	remove(func(h *handler) bool { return h.c == c && c != nil })
}

// Reset is signal.Reset.
func Reset(these ...os.Signal) {
	if !schedrt.Controlled() {
		signal.Reset(these...)
		return
	}
	step(func() { drop(these) })
}

// Ignore is signal.Ignore.
func Ignore(these ...os.Signal) {
	if !schedrt.Controlled() {
		signal.Ignore(these...)
		return
	}
	step(func() {
		drop(these)
		signals.ignored = append(signals.ignored, these...)
	})
}

// drop takes some signals, or all, from the handlers, and ignores them no longer.
func drop(these []os.Signal) {
	if len(these) == 0 {
		signals.handlers, signals.ignored = nil, nil
		return
	}
	gone := func(s os.Signal) bool { return slices.Contains(these, s) }
	signals.ignored = slices.DeleteFunc(signals.ignored, gone)
	for _, h := range signals.handlers {
		if h.all {
			schedrt.Refuse("os/signal.Reset or Ignore of one signal, while a channel gets all, is not under control: name the signals in Notify")
		}
		h.signals = slices.DeleteFunc(h.signals, gone)
	}
}

// Ignored is signal.Ignored.
func Ignored(s os.Signal) (ignored bool) {
	if !schedrt.Controlled() {
		return signal.Ignored(s)
	}
	step(func() { ignored = slices.Contains(signals.ignored, s) })
	return ignored
}

// harmless are signals that do nothing to a process without a handler for them, by number: names such as
// SIGCHLD do not exist on all systems. They are SIGCHLD, SIGCONT, SIGURG and SIGWINCH.
var harmless = []string{"child exited", "continued", "urgent I/O condition", "window changed", "window size changes"}

// Raise sends a signal to this process. What names the call, for a refusal. Call it under control only.
//
// The signal comes later, in a goroutine: a process goes on after kill(2), and package signal passes the
// signal on in a goroutine of its own. A signal that comes again before it was passed on comes once, as in
// the kernel. Signals of different kinds come in the order in which they were sent.
//
// Without a handler most signals end the process. That is refused, like os.Exit.
func Raise(what string, s syscall.Signal) {
	if s == 0 {
		return // asks only whether the process is there
	}
	step(func() {
		switch handled := slices.ContainsFunc(signals.handlers, func(h *handler) bool { return h.wants(s) }); {
		case uncatchable(s):
			schedrt.Refuse(what + " with the signal “" + s.String() + "”, which no process can handle, is not under control")
		case handled && slices.Contains(signals.pending, s):
			for _, h := range signals.handlers {
				if h.c != nil && h.wants(s) {
					schedrt.MissSignal(h.c)
				}
			}
		case handled:
			signals.pending, signals.raised = append(signals.pending, s), true
			schedrt.GoInStep(deliver)
		case !slices.Contains(signals.ignored, os.Signal(s)) && !slices.Contains(harmless, s.String()):
			schedrt.Refuse(what + " with the signal “" + s.String() + "” is not under control: " +
				"no handler is there in this schedule, so it would end the process; call signal.Notify first")
		}
	})
}

// uncatchable reports whether a signal is SIGKILL or SIGSTOP.
func uncatchable(s syscall.Signal) bool {
	return s == syscall.SIGKILL || s.String() == "stopped (signal)"
}

// deliver passes the signal that was sent first on to its handlers. A channel without room loses it.
func deliver() {
	signals.delivery.Lock()
	defer signals.delivery.Unlock()
	var s syscall.Signal
	var to []*handler
	step(func() {
		s, signals.pending = signals.pending[0], signals.pending[1:]
		for _, h := range signals.handlers {
			if h.wants(s) {
				to = append(to, h)
			}
		}
	})
	for _, h := range to {
		if h.c == nil {
			h.end(s)
			continue
		}
		if schedrt.Select(true, schedrt.To(h.c).Case(s)) < 0 {
			schedrt.MissSignal(h.c)
		}
	}
}

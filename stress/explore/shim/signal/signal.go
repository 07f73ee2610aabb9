// Package signal stands for os/signal in rewritten code.
//
//	signal.Notify(c, os.Interrupt) // no schedule sends a signal
//
// Under control no signal comes. A goroutine that waits for one may be left when the program has
// returned. A program that cannot return without a signal is refused.
package signal

import (
	"context"
	"os"
	"os/signal"

	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/context"
)

// Notify is signal.Notify.
func Notify(c chan<- os.Signal, signals ...os.Signal) {
	if !schedrt.Controlled() {
		signal.Notify(c, signals...)
		return
	}
	if c == nil {
		panic("os/signal: Notify using nil channel")
	}
	schedrt.MarkSignals(c)
}

// NotifyContext is signal.NotifyContext.
func NotifyContext(parent context.Context, signals ...os.Signal) (context.Context, context.CancelFunc) {
	if !schedrt.Controlled() {
		return signal.NotifyContext(parent, signals...)
	}
	ctx, cancel := shim.WithCancel(parent)
	schedrt.MarkClosedBySignal(ctx.Done())
	return ctx, cancel
}

// Stop is signal.Stop.
func Stop(c chan<- os.Signal) {
	if !schedrt.Controlled() {
		signal.Stop(c)
	}
}

// Reset is signal.Reset.
func Reset(signals ...os.Signal) {
	if !schedrt.Controlled() {
		signal.Reset(signals...)
	}
}

// Ignore is signal.Ignore.
func Ignore(signals ...os.Signal) {
	if !schedrt.Controlled() {
		signal.Ignore(signals...)
	}
}

// Ignored is signal.Ignored.
func Ignored(s os.Signal) bool { return !schedrt.Controlled() && signal.Ignored(s) }

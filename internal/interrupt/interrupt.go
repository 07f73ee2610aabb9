// Package interrupt says what a signal does to a command.
//
//	err := run(interrupt.Context())
//	os.Exit(exitcode.Of(err))
package interrupt

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Context returns a context that ends with the first interrupt or SIGTERM. The second one ends the
// process at once: from the first on, the signals have their usual effect again. So a command that
// hangs in a read or in a compiler can be ended from the keyboard.
func Context() context.Context {
	ctx, stop := notified()
	context.AfterFunc(ctx, stop)
	return ctx
}

// PatientContext returns a context that ends with the first interrupt or SIGTERM. Further signals
// do nothing, for a command that has much to remove and ends within seconds of the first one.
func PatientContext() context.Context {
	ctx, _ := notified() // never stopped: the effect of the signals would come back
	return ctx
}

func notified() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

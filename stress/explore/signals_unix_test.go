//go:build unix

package explore_test

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

// ofSize hides a channel for signals that has no room from vet, which reports it.
func ofSize(n int) func() chan os.Signal {
	return func() chan os.Signal { return make(chan os.Signal, n) }
}

// raised are programs that send signals to their own process.
var raised = map[string]outcome{
	"a signal to the own process": {"", explore.Pass, func(t *explore.T) {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM, os.Interrupt)
		syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
		if s := <-c; s != syscall.SIGTERM {
			t.Error(s)
		}
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
		signal.Stop(c)
		before := len(c) // no signal comes after Stop
		runtime.Gosched()
		if len(c) != before {
			t.Error("a signal after Stop")
		}
		signal.Ignore(syscall.SIGTERM)
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
	}},
	"shutdown by an interrupt": {"", explore.Pass, func(t *explore.T) {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		p, err := os.FindProcess(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		go p.Signal(os.Interrupt)
		<-ctx.Done()
		if err := context.Cause(ctx); ctx.Err() != context.Canceled || err.Error() != "interrupt signal received" {
			t.Error(err)
		}
	}},
	"a signal that no goroutine waits for yet": {"deadlock", explore.Fail, func(t *explore.T) {
		c := ofSize(0)()
		signal.Notify(c, os.Interrupt)
		defer signal.Stop(c)
		syscall.Kill(os.Getpid(), syscall.SIGINT)
		<-c
	}},
	"two signals that may come as one": {"deadlock", explore.Fail, func(t *explore.T) {
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt)
		defer signal.Stop(c)
		for range 2 {
			syscall.Kill(os.Getpid(), syscall.SIGINT)
		}
		<-c
		<-c
	}},
	"a signal without a handler": {"“terminated” is not under control: no handler is there in this schedule", explore.Refused, func(t *explore.T) {
		go syscall.Kill(os.Getpid(), syscall.SIGTERM)
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM)
		<-c
	}},
}

func TestSignalsToTheOwnProcess(t *testing.T) { playAll(t, raised) }

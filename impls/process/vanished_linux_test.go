package process_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/impls/process"
)

// What a waiter waits for is gone: it hears so.
func TestVanishedOwner(t *testing.T) {
	dir := t.TempDir()
	t.Run("broker", func(t *testing.T) {
		server, err := process.ListenBroker(filepath.Join(dir, "broker"), 1)
		must(t, err)
		sem := must2(process.DialBroker(filepath.Join(dir, "broker"), 1))
		defer sem.Close()
		hearsOfTheEnd(t, sem, "the broker is gone", func() { must(t, server.Close()) })
	})
	t.Run("fifo", func(t *testing.T) {
		path := filepath.Join(dir, "fifo")
		server, err := process.ServeJobserver(path, 1)
		must(t, err)
		sem := must2(joinAsGuest("--jobserver-auth=fifo:" + path))
		defer sem.Close()
		hearsOfTheEnd(t, sem, "removed its fifo", func() { must(t, server.Close()) })
	})
	t.Run("sysv", func(t *testing.T) {
		path := filepath.Join(dir, "sysv")
		sem := must2(process.OpenSysV(path, 1))
		defer sem.Close()
		hearsOfTheEnd(t, sem, "removed", func() { must(t, process.RemoveSysV(path)) })
	})
}

func hearsOfTheEnd(t *testing.T, sem process.Semaphore, fact string, end func()) {
	mustAcquire(t, sem, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	heard := make(chan error, 1)
	go func() { heard <- sem.Acquire(ctx, 1) }()
	end()
	var broken *process.Broken
	if err := <-heard; !errors.As(err, &broken) || !strings.Contains(err.Error(), fact) {
		t.Fatalf("a waiter heard %v, want that %s", err, fact)
	}
	if sem.TryAcquire(1) {
		t.Error("TryAcquire = true on what is gone")
	}
	if err := sem.Acquire(ctx, 1); !errors.As(err, &broken) {
		t.Errorf("Acquire afterwards = %v, want an error that says what is gone", err)
	}
	sem.Release(1) // is no over-release
}

package process_test

import (
	"os"
	"testing"

	"github.com/semabench/semabench/impls/process"
)

// One who died with the lock for weights in hand does not keep it.
func TestLockOfTheDead(t *testing.T) {
	s := must2(process.NewSlots(3))
	defer func() { must(t, s.Close()) }()
	process.ForgeLock(s, os.Getppid(), 1) // the pid is alive, but the process is not that one
	mustAcquire(t, s, 2)
	process.ForgeLock(s, os.Getppid(), 1)
	s.Release(2)
	site{}.allFree(t, s, 3)
}

// One who is stopped with the lock in hand holds up weighted requests, but nothing of what there is for
// others: single permits come and go, a try is answered, and what is released is free.
func TestLockOfTheStopped(t *testing.T) {
	s := must2(process.NewSlots(3))
	defer func() { must(t, s.Close()) }()
	mustAcquire(t, s, 2)
	process.ForgeLock(s, os.Getppid(), must2(process.StartOf(os.Getppid())))
	mustAcquire(t, s, 1)
	if s.TryAcquire(1) {
		t.Error("TryAcquire(1) = true with nothing free")
	}
	s.Release(1)
	s.Release(2)
	if s.TryAcquire(2) {
		t.Error("TryAcquire(2) = true under the lock of another")
	}
	process.ForgeLock(s, 0, 0) // nobody: it goes on
	mustAcquire(t, s, 3)
	s.Release(3)
	site{}.allFree(t, s, 3)
}

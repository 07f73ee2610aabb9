package process_test

import (
	"os"
	"testing"

	"github.com/semabench/semabench/impls/process"
)

// Weighted calls take the lock from a dead owner.
func TestLockOfDeadOwner(t *testing.T) {
	s := must2(process.NewSlots(3))
	defer func() { must(t, s.Close()) }()
	process.ForgeLock(s, os.Getppid(), 1) // the pid is alive, but with another start time
	mustAcquire(t, s, 2)
	process.ForgeLock(s, os.Getppid(), 1)
	s.Release(2)
	mustAllBeFree(t, s, 3)
}

// A call for one permit needs no lock, but it cannot find that none is free while the lock is
// held. So it takes the lock from a dead owner too. Otherwise each failed TryAcquire would take
// 100 ms.
func TestLockOfDeadOwnerAndOnePermit(t *testing.T) {
	s := must2(process.NewSlots(1))
	defer func() { must(t, s.Close()) }()
	mustAcquire(t, s, 1)
	process.ForgeLock(s, os.Getppid(), 1)
	if s.TryAcquire(1) {
		t.Error("TryAcquire(1) = true with nothing free")
	}
	if process.Locked(s) {
		t.Error("a dead owner still has the lock after a failed TryAcquire")
	}
	s.Release(1)
	mustAllBeFree(t, s, 1)
}

// A weighted call that failed because of a living owner of the lock succeeds after that owner is
// killed.
func TestLockOfKilledOwner(t *testing.T) {
	s := must2(process.NewSlots(2))
	defer func() { must(t, s.Close()) }()
	other := start(t, "slots "+t.TempDir()+"/other 1")
	pid := other.cmd.Process.Pid
	process.ForgeLock(s, pid, must2(process.StartOf(pid)))
	if s.TryAcquire(2) {
		t.Fatal("TryAcquire(2) = true under the lock of another")
	}
	other.kill()
	mustAcquire(t, s, 2)
	s.Release(2)
	mustAllBeFree(t, s, 2)
}

// A process that calls exec in the middle of a weighted call still owns the lock and the permits,
// but no goroutine continues that call. The new program recovers both.
func TestLockAcrossExec(t *testing.T) {
	path := t.TempDir() + "/slots"
	before := must2(process.OpenSlots(path, 3))
	mustAcquire(t, before, 2)
	process.ForgeReleasing(before)
	process.ForgeLock(before, os.Getpid(), must2(process.StartOf(os.Getpid())))
	process.ForgetOpen(before)
	s := must2(process.OpenSlots(path, 3))
	s.Release(2)
	mustAllBeFree(t, s, 3)
	must(t, s.Close())
}

// A stopped owner of the lock holds up only weighted requests. Single permits are taken and
// released, TryAcquire returns, and a weighted release takes effect.
func TestLockOfStoppedOwner(t *testing.T) {
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
	process.ForgeLock(s, 0, 0) // the owner has continued and released the lock
	mustAcquire(t, s, 3)
	s.Release(3)
	mustAllBeFree(t, s, 3)
}

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
	namedSem{}.mustAllBeFree(t, s, 3)
}

// Those who want single permits do not need the lock, but cannot say that there is none while somebody
// has it: they too take it from the dead, or each failed try would take as long as the patience with
// those who live.
func TestLockOfTheDeadAndOnePermit(t *testing.T) {
	s := must2(process.NewSlots(1))
	defer func() { must(t, s.Close()) }()
	mustAcquire(t, s, 1)
	process.ForgeLock(s, os.Getppid(), 1)
	if s.TryAcquire(1) {
		t.Error("TryAcquire(1) = true with nothing free")
	}
	if process.Locked(s) {
		t.Error("one who died keeps the lock")
	}
	s.Release(1)
	namedSem{}.mustAllBeFree(t, s, 1)
}

// One who is stopped with the lock in hand is killed some time.
func TestLockOfTheKilled(t *testing.T) {
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
	namedSem{}.mustAllBeFree(t, s, 2)
}

// A process that becomes another program in the middle of a weighted call is still the owner of all that
// it had in hand, and there is nobody to go on with it.
func TestLockOfAnEarlierProgram(t *testing.T) {
	path := t.TempDir() + "/slots"
	before := must2(process.OpenSlots(path, 3))
	mustAcquire(t, before, 2)
	process.ForgeReleasing(before)
	process.ForgeLock(before, os.Getpid(), must2(process.StartOf(os.Getpid())))
	process.ForgetOpen(before)
	s := must2(process.OpenSlots(path, 3))
	s.Release(2)
	namedSem{}.mustAllBeFree(t, s, 3)
	must(t, s.Close())
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
	namedSem{}.mustAllBeFree(t, s, 3)
}

package process_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/semabench/semabench/impls/process"
)

// Semaphores without a name are inherited: by a descriptor, or by the number that the kernel knows.
func TestInherited(t *testing.T) {
	const size = 2
	for _, impl := range process.All() {
		t.Run(impl.Name, func(t *testing.T) {
			sem := must2(impl.Make(size)).(process.Semaphore)
			t.Cleanup(func() { must(t, sem.Close()) })
			what, files := invite(t, sem)
			child := start(t, what, files...)
			mustAcquire(t, sem, 1)
			child.must("acquire 1")
			if got := child.do("try 1"); got != "no" {
				t.Errorf("a child tries for a third permit of 2: %s", got)
			}
			child.tell("acquire 1")
			child.mustWait()
			sem.Release(1)
			if got := child.answer(); got != "ok" {
				t.Fatal(got)
			}
			if sem.TryAcquire(1) {
				t.Error("the parent took a third permit of 2")
			}
			child.must("release 2")
			namedSem{}.mustAllBeFree(t, sem, size)
		})
	}
}

// invite returns what a child opens to share a semaphore of size 2, and the descriptors that it needs.
func invite(t *testing.T, sem process.Semaphore) (what string, files []*os.File) {
	switch s := sem.(type) {
	case *process.Slots:
		return "slots-fd 2", []*os.File{s.File()} // which stays the semaphore's
	case *process.SysV:
		return fmt.Sprint("sysv-id ", s.ID()), nil
	case *process.Jobserver:
		what, files = "jobserver-fd 2", must2(s.Files())
	case *process.Broker:
		what, files = "broker-fd 2", []*os.File{must2(s.Invite())}
	}
	for _, f := range files {
		t.Cleanup(func() { must(t, f.Close()) })
	}
	return what, files
}

// A process that becomes another program is the same owner: with slots and sysv it still holds what it
// held, until it ends. What the new program can release is slots, which know their owner.
func TestExec(t *testing.T) {
	for _, impl := range process.All() {
		if impl.Name != "slots" && impl.Name != "sysv" {
			continue
		}
		t.Run(impl.Name, func(t *testing.T) {
			s := newNamed(t, impl, 1)
			sem := s.open(t)
			child := start(t, s.spec)
			child.must("acquire 1")
			child.must("exec")
			if sem.TryAcquire(1) {
				t.Fatal("a permit came back when its holder became another program")
			}
			if impl.Name == "slots" {
				child.must("release 1")
				child.must("acquire 1")
			}
			child.kill()
			s.mustAllBeFree(t, sem, 1)
		})
	}
}

// A pid is given to another process some time. The permit of the one that has ended comes back, though
// a process of that pid is alive.
func TestReusedPid(t *testing.T) {
	s, err := process.NewSlots(1)
	must(t, err)
	defer func() { must(t, s.Close()) }()
	mustAcquire(t, s, 1)
	process.ForgeOwner(s, os.Getpid(), 1) // 10 ms after the boot no process of ours was alive
	mustAcquire(t, s, 1)
	s.Release(1)
	namedSem{}.mustAllBeFree(t, s, 1)
}

// Nothing stays when semaphores are closed: no file, no descriptor, no thread's worth of memory.
func TestNothingStays(t *testing.T) {
	dir := t.TempDir()
	before := files(t)
	for _, impl := range process.All() {
		for range 3 {
			sem, err := impl.Make(2)
			must(t, err)
			mustAcquire(t, sem, 2)
			sem.Release(2)
			must(t, sem.(process.Semaphore).Close())
		}
	}
	path := filepath.Join(dir, "fifo")
	s, err := process.ServeJobserver(path, 1)
	must(t, err)
	must(t, s.Close())
	l, err := process.ListenBroker(path, 1)
	must(t, err)
	must(t, l.Close())
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v was left", left)
	}
	if after := files(t); after > before {
		t.Errorf("%d descriptors are open, were %d", after, before)
	}
}

// A call that comes after Close, which nobody should make, finds no permits; it does not crash.
func TestAfterClose(t *testing.T) {
	forEachMechanism(t, 1, func(t *testing.T, named namedSem) {
		for _, sem := range []process.Semaphore{must2(openSpec(named.spec)), must2(named.impl.Make(1)).(process.Semaphore)} {
			must(t, sem.Close())
			if sem.TryAcquire(1) {
				t.Error("TryAcquire(1) = true after Close")
			}
			if err := sem.Acquire(t.Context(), 1); err == nil {
				t.Error("Acquire(1) = nil after Close")
			}
		}
	})
}

// The memory of slots without a name cannot be cut off: that would end the programs that use it.
func TestMemoryIsSealed(t *testing.T) {
	s := must2(process.NewSlots(1000))
	defer func() { must(t, s.Close()) }()
	if err := s.File().Truncate(0); !errors.Is(err, os.ErrPermission) {
		t.Fatalf("Truncate = %v, want that it is forbidden", err)
	}
	mustAcquire(t, s, 1000)
	s.Release(1000)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package process_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/semabench/semabench/impls/process"
)

// A child shares a semaphore without a name by an inherited descriptor, or by the ID of the kernel.
func TestInherited(t *testing.T) {
	const size = 2
	for _, impl := range process.All() {
		t.Run(impl.Name, func(t *testing.T) {
			sem := must2(impl.Make(size)).(process.Semaphore)
			t.Cleanup(func() { must(t, sem.Close()) })
			spec, files := invite(t, sem)
			child := start(t, spec, files...)
			mustAcquire(t, sem, 1)
			child.must("acquire 1")
			if got := child.do("try 1"); got != "no" {
				t.Errorf("TryAcquire(1) of a child with both permits taken: %s, want no", got)
			}
			child.tell("acquire 1")
			child.mustWait()
			sem.Release(1)
			if got := child.answer(); got != "ok" {
				t.Fatal(got)
			}
			if sem.TryAcquire(1) {
				t.Error("TryAcquire(1) of the parent with both permits taken = true")
			}
			child.must("release 2")
			mustAllBeFree(t, sem, size)
		})
	}
}

// invite returns the spec by which a child shares a semaphore of size 2, and the files that it
// inherits.
func invite(t *testing.T, sem process.Semaphore) (spec string, files []*os.File) {
	switch s := sem.(type) {
	case *process.Slots:
		return "slots-fd 2", []*os.File{s.File()} // belongs to the slots, so it is not closed here
	case *process.SysV:
		return fmt.Sprint("sysv-id ", s.ID()), nil
	case *process.Jobserver:
		spec, files = "jobserver-fd 2", must2(s.Files())
	case *process.Broker:
		spec, files = "broker-fd 2", []*os.File{must2(s.Invite())}
	}
	for _, f := range files {
		t.Cleanup(func() { must(t, f.Close()) })
	}
	return spec, files
}

// After exec a process is the same owner: with slots and sysv it still holds its permits until it
// ends. With slots the new program can also release them, because the words name the owner.
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
				t.Fatal("a permit became free when its holder called exec")
			}
			if impl.Name == "slots" {
				child.must("release 1")
				child.must("acquire 1")
			}
			child.kill()
			mustAllBeFree(t, sem, 1)
		})
	}
}

// The permit of a dead owner comes back even if another process has its pid.
func TestReusedPid(t *testing.T) {
	s, err := process.NewSlots(1)
	must(t, err)
	defer func() { must(t, s.Close()) }()
	mustAcquire(t, s, 1)
	process.ForgeOwner(s, os.Getpid(), 1) // no process of this test started 10 ms after the boot
	mustAcquire(t, s, 1)
	s.Release(1)
	mustAllBeFree(t, s, 1)
}

// Close leaves no file and no descriptor behind.
func TestCloseLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	before := openDescriptors(t)
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
		t.Errorf("after Close the folder contains %v, want nothing", left)
	}
	if after := openDescriptors(t); after > before {
		t.Errorf("%d descriptors are open after Close, want %d as before", after, before)
	}
}

// A call after Close is misuse. It gets no permit, and does not crash.
func TestAfterClose(t *testing.T) {
	forEachMechanism(t, 1, func(t *testing.T, named namedSem) {
		for _, sem := range []process.Semaphore{
			must2(openSpec(named.spec)), must2(named.impl.Make(1)).(process.Semaphore),
		} {
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

// The memory of slots without a name cannot be truncated. A truncation would end every process that
// uses it.
func TestMemoryIsSealed(t *testing.T) {
	s := must2(process.NewSlots(1000))
	defer func() { must(t, s.Close()) }()
	if err := s.File().Truncate(0); !errors.Is(err, os.ErrPermission) {
		t.Fatalf("Truncate = %v, want %v", err, os.ErrPermission)
	}
	mustAcquire(t, s, 1000)
	s.Release(1000)
}

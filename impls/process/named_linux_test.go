package process_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/process"
)

// A namedSem is a semaphore at a path, which several processes can open.
type namedSem struct {
	impl impls.Impl
	spec string // for openSpec
}

// open opens the semaphore in this process, until the test ends.
func (s namedSem) open(t testing.TB) process.Semaphore {
	t.Helper()
	sem, err := openSpec(s.spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sem.Close(); err != nil {
			t.Errorf("closing %s: %v", s.spec, err)
		}
	})
	return sem
}

// reclaims reports whether the permits of a killed process come back. A jobserver loses them.
func (s namedSem) reclaims() bool { return s.impl.Name != "jobserver" }

// newNamed makes a semaphore of a mechanism at a path of its own, and removes it after the test.
func newNamed(t testing.TB, impl impls.Impl, size int64) namedSem {
	t.Helper()
	path := filepath.Join(t.TempDir(), impl.Name)
	s := namedSem{impl, fmt.Sprintf("%s %s %d", impl.Name, path, size)}
	switch impl.Name {
	case "jobserver":
		closeLater(t)(process.ServeJobserver(path, size))
	case "broker":
		closeLater(t)(process.ListenBroker(path, size))
	case "sysv":
		closeLater(t)(process.OpenSysV(path, size))
		t.Cleanup(func() {
			if err := process.RemoveSysV(path); err != nil {
				t.Error(err)
			}
		})
	}
	return s
}

// namedOf is newNamed for the name of a mechanism.
func namedOf(t *testing.T, mechanism string, size int64) namedSem {
	for _, impl := range process.All() {
		if impl.Name == mechanism {
			return newNamed(t, impl, size)
		}
	}
	t.Fatalf("no mechanism %s", mechanism)
	return namedSem{}
}

// closeLater returns a function that takes the results of a constructor, and closes the value when
// the test ends.
func closeLater(t testing.TB) func(sem interface{ Close() error }, err error) {
	return func(sem interface{ Close() error }, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := sem.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// forEachMechanism runs a test with a named semaphore of each mechanism.
func forEachMechanism(t *testing.T, size int64, test func(t *testing.T, s namedSem)) {
	for _, impl := range process.All() {
		t.Run(impl.Name, func(t *testing.T) { test(t, newNamed(t, impl, size)) })
	}
}

// mustAllBeFree fails unless exactly size permits become free. A broker may still have to read the
// last release, so it polls. TryAcquire(0) at the end waits until the broker has read its own.
func mustAllBeFree(t testing.TB, sem interface {
	TryAcquire(int64) bool
	Release(int64)
}, size int64) {
	t.Helper()
	eventually(t, "can take all permits", func() bool { return sem.TryAcquire(size) })
	if sem.TryAcquire(1) {
		t.Fatalf("TryAcquire(1) = true with all %d permits taken", size)
	}
	sem.Release(size)
	sem.TryAcquire(0)
}

func mustAcquire(t testing.TB, sem interface {
	Acquire(context.Context, int64) error
}, n int64) {
	t.Helper()
	if err := sem.Acquire(t.Context(), n); err != nil {
		t.Fatalf("Acquire(%d) = %v, want nil", n, err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// openDescriptors returns how many descriptors this process has open.
func openDescriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// removeSysV removes the semaphore that a child made, if the spec is of sysv.
func removeSysV(t testing.TB, spec string) {
	t.Helper()
	if f := strings.Fields(spec); f[0] == "sysv" {
		if err := process.RemoveSysV(f[1]); err != nil {
			t.Error(err)
		}
	}
}

// needs returns the path of a program. Without the program it fails in CI, which must have it, and
// skips the test elsewhere.
func needs(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed: %v", program, err)
	}
	if err != nil {
		t.Skipf("%s is not installed", program)
	}
	return path
}

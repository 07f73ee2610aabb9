package process_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/process"
)

// A site is a semaphore for several processes, with a name.
type namedSem struct {
	impl impls.Impl
	spec string // for openSpec
}

// sem opens the site in this process.
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

// survives says that the permits of a killed process come back, which those of a jobserver do not.
func (s namedSem) reclaims() bool { return s.impl.Name != "jobserver" }

// newSite makes a semaphore of a mechanism under a name of its own, and removes it after the test.
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

// onEverySite runs a test for each mechanism.
func forEachMechanism(t *testing.T, size int64, test func(t *testing.T, s namedSem)) {
	for _, impl := range process.All() {
		t.Run(impl.Name, func(t *testing.T) { test(t, newNamed(t, impl, size)) })
	}
}

// files returns what is open in this process, to see that nothing stays.
func files(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func itoa(n int) string { return strconv.Itoa(n) }

// removeSysV removes what a child made.
func removeSysV(t testing.TB, what string) {
	t.Helper()
	if f := strings.Fields(what); f[0] == "sysv" {
		if err := process.RemoveSysV(f[1]); err != nil {
			t.Error(err)
		}
	}
}

// needs fails where CI should have installed a program, and skips elsewhere.
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

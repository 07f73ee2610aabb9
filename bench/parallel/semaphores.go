package parallel

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/semabench/semabench/impls/process"
	"github.com/semabench/semabench/internal/spelling"
)

// A processSemaphore is a kind of semaphore that processes share by a path in the file system.
//
// Modes with processes are admitted by such a semaphore, and modes with goroutines by one of
// package impls. The page about threads and processes thereby compares complete programs: a
// program with processes cannot use a semaphore in memory that only one process sees.
//
// A path is all that parent and workers share, so every kind must be found by one.
type processSemaphore struct {
	name string

	// serve creates a semaphore of that size at the path, in the process that starts the workers.
	// The workers open it. Calling end removes it.
	serve func(path string, size int64) (end func() error, err error)
	open  func(path string, size int64) (process.Semaphore, error)

	// remove deletes the objects besides files that the semaphore at the path left in the system,
	// after the process that served it was killed. nil means that there are none.
	remove func(path string) error
}

// processSemaphores are the kinds of package process that limit any number of workers. The GNU make
// jobserver is not among them: by its protocol each client has a permit of its own, in addition to
// those in the pipe. The fastest one is first, and is the default where it works.
var processSemaphores = []processSemaphore{
	{
		name: "slots",
		serve: func(path string, size int64) (func() error, error) {
			s, err := process.OpenSlots(path, size)
			if err != nil {
				return nil, err
			}
			return s.Close, nil
		},
		open: func(path string, size int64) (process.Semaphore, error) {
			return process.OpenSlots(path, size)
		},
	},
	{
		name: "sysv",
		serve: func(path string, size int64) (func() error, error) {
			s, err := process.OpenSysV(path, size)
			if err != nil {
				return nil, err
			}
			return func() error { return errors.Join(s.Close(), process.RemoveSysV(path)) }, nil
		},
		open: func(path string, size int64) (process.Semaphore, error) {
			return process.OpenSysV(path, size)
		},
		remove: process.RemoveSysV,
	},
	{
		name: "broker",
		serve: func(path string, size int64) (func() error, error) {
			s, err := process.ListenBroker(path, size)
			if err != nil {
				return nil, err
			}
			return s.Close, nil
		},
		open: func(path string, size int64) (process.Semaphore, error) {
			return process.DialBroker(path, size)
		},
	},
}

// ProcessSemaphores returns the names that [Options.Process] accepts. The default is the first one
// that works on this system.
func ProcessSemaphores() (names []string) {
	for _, s := range processSemaphores {
		names = append(names, s.name)
	}
	return names
}

// findProcessSemaphore returns the semaphore of that name. Its error lists the known names, because
// the name comes from the user.
func findProcessSemaphore(name string) (processSemaphore, error) {
	for _, s := range processSemaphores {
		if s.name == name {
			return s, nil
		}
	}
	return processSemaphore{}, fmt.Errorf("unknown semaphore %q between processes%s; known are %v",
		name, spelling.Suggest(name, ProcessSemaphores(), ""), ProcessSemaphores())
}

// try creates a semaphore of this kind in a folder and removes it again. The error says why this
// kind does not work here.
func (s processSemaphore) try(dir string) error {
	end, err := s.serve(filepath.Join(dir, "try-"+s.name), 1)
	if err != nil {
		return err
	}
	return end()
}

// removeLeftover removes the semaphore that the killed process of a sample left in the kernel. It
// ignores the error: usually there is no semaphore, because the process removed it or never made
// one.
func (s spec) removeLeftover() {
	kind, err := findProcessSemaphore(s.Process)
	if err == nil && kind.remove != nil {
		_ = kind.remove(s.Path)
	}
}

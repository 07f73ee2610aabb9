package parallel

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/process"
)

// A shared is a kind of semaphore that processes share by a path.
type shared struct {
	name string

	// serve makes it at a path, for the process that starts the others. The function ends it.
	serve func(path string, size int64) (end func() error, err error)
	open  func(path string, size int64) (process.Semaphore, error)

	// sweep removes what is left of it, beside files, when the one who served it was killed. It may be nil.
	sweep func(path string) error
}

// sharedKinds are those of package process that keep any number of workers to a size. The jobserver
// does not: by make's protocol each client has a permit of its own, beyond those in the pipe.
var sharedKinds = []shared{
	{
		name: "slots",
		serve: func(path string, size int64) (func() error, error) {
			s, err := process.OpenSlots(path, size)
			if err != nil {
				return nil, err
			}
			return s.Close, nil
		},
		open: func(path string, size int64) (process.Semaphore, error) { return process.OpenSlots(path, size) },
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
		open:  func(path string, size int64) (process.Semaphore, error) { return process.OpenSysV(path, size) },
		sweep: process.RemoveSysV,
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
		open: func(path string, size int64) (process.Semaphore, error) { return process.DialBroker(path, size) },
	},
}

// ProcessSemaphores returns the names that [Options.Process] takes, the default first where it works.
func ProcessSemaphores() (names []string) {
	for _, k := range sharedKinds {
		names = append(names, k.name)
	}
	return names
}

func sharedKind(name string) (shared, error) {
	for _, k := range sharedKinds {
		if k.name == name {
			return k, nil
		}
	}
	return shared{}, fmt.Errorf("unknown semaphore %q between processes; known are %v", name,
		ProcessSemaphores())
}

// works tries a kind, in a folder.
func (k shared) works(dir string) error {
	end, err := k.serve(filepath.Join(dir, "try-"+k.name), 1)
	if err != nil {
		return err
	}
	return end()
}

// sweep removes what a sample that was killed has left in the kernel. If it has not, there is no name.
func (r request) sweep() {
	if kind, err := sharedKind(r.Process); err == nil && kind.sweep != nil {
		_ = kind.sweep(r.Path)
	}
}

func (r request) semaphore(table []impls.Impl) (impls.Semaphore, error) {
	i := slices.IndexFunc(table, func(impl impls.Impl) bool { return impl.Name == r.Impl })
	if i < 0 {
		return nil, fmt.Errorf("unknown implementation %q: hand it over to parallel.ChildMain", r.Impl)
	}
	return table[i].Make(r.Permits)
}

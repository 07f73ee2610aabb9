//go:build !linux && !darwin

package os

import (
	"os"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A pipe is none that the scheduler could watch on this system: only a call that waits tells whether it
// would wait.
type pipe struct{ r, w *os.File }

func pipeOf(*os.File) *pipe { return nil }

// Pipe is os.Pipe.
func Pipe() (r, w *os.File, err error) {
	schedrt.Refuse("os.Pipe is under control on Linux and macOS only")
	return os.Pipe()
}

func (*pipe) read([]byte) (int, error)  { return 0, os.ErrInvalid }
func (*pipe) write([]byte) (int, error) { return 0, os.ErrInvalid }
func (*pipe) closeEnd(f *os.File) error { return f.Close() }

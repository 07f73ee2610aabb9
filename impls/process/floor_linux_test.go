package process_test

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/semabench/semabench/impls/process"
)

// The benchmarks of this file measure the operations on which the mechanisms rest, with nothing
// around them. This package adds the difference between a floor and its mechanism, in the same
// run. On an idle machine most of a handoff is the wake-up of the processor.

// BenchmarkFloor is the floor of slots: two compare-and-swaps of one word of shared memory. The
// second variant also reads the word before each swap, as slots must, to learn its version
// and owner. A read waits for the locked instruction before it. Compare this variant with
// BenchmarkUncontended/impl=slots: little remains for the context, the queue and the interface.
func BenchmarkFloor(b *testing.B) {
	const both = unix.PROT_READ | unix.PROT_WRITE
	mem := must2(unix.Mmap(-1, 0, os.Getpagesize(), both, unix.MAP_SHARED|unix.MAP_ANONYMOUS))
	defer unix.Munmap(mem)
	word := (*atomic.Uint64)(unsafe.Pointer(&mem[0]))
	units()
	b.Run("swaps", func(b *testing.B) {
		timed(b, func() {
			for b.Loop() {
				if !word.CompareAndSwap(0, 1) || !word.CompareAndSwap(1, 0) {
					b.Fatal("another process has changed the word")
				}
			}
		})
	})
	b.Run("reads-and-swaps", func(b *testing.B) {
		timed(b, func() {
			for b.Loop() {
				if !readAndSwap(word, 0, 1) || !readAndSwap(word, 1, 0) {
					b.Fatal("another process has changed the word")
				}
			}
		})
	})
}

// readAndSwap changes the lowest byte of a word from one value to another, and raises the version
// in the bytes above.
func readAndSwap(word *atomic.Uint64, from, to uint64) bool {
	const version = 1 << 8
	was := word.Load()
	return was%version == from && word.CompareAndSwap(was, was-from+to+version)
}

// bare is a futex word on which one process waits and another process wakes it. It is no semaphore:
// it fails if a third process joins, or if a process is killed.
type bare struct {
	mem  []byte
	free *atomic.Uint32
}

func openBare(path string) (process.Semaphore, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.Truncate(int64(os.Getpagesize())); err != nil {
		return nil, err
	}
	const access = unix.PROT_READ | unix.PROT_WRITE
	mem, err := unix.Mmap(int(f.Fd()), 0, os.Getpagesize(), access, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return bare{mem, (*atomic.Uint32)(unsafe.Pointer(&mem[0]))}, nil
}

func (b bare) Acquire(context.Context, int64) error {
	for !b.free.CompareAndSwap(1, 0) {
		process.FutexWait(b.free, 0, time.Second)
	}
	return nil
}

func (b bare) Release(int64) {
	b.free.Store(1)
	process.FutexWake(b.free, 1)
}

func (b bare) TryAcquire(int64) bool { return b.free.CompareAndSwap(1, 0) }
func (b bare) Close() error          { return unix.Munmap(b.mem) }

// echo sends a frame to another process and reads it back, over a Unix socket.
type echo struct{ net.Conn }

func dialEcho(path string) (process.Semaphore, error) {
	conn, err := net.Dial("unix", path)
	return echo{conn}, err
}

const echoed = 17 // bytes, the size of a broker's frame

func (e echo) Acquire(context.Context, int64) error {
	var frame [echoed]byte
	if _, err := e.Write(frame[:]); err != nil {
		return err
	}
	_, err := io.ReadFull(e, frame[:])
	return err
}

func (e echo) Release(int64)         {}
func (e echo) TryAcquire(int64) bool { return false }

// BenchmarkFloorBroker is the floor of the broker: one frame to another process and back.
func BenchmarkFloorBroker(b *testing.B) {
	units()
	path := filepath.Join(b.TempDir(), "echo")
	l := must2(net.Listen("unix", path))
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err == nil {
			// The structs hide the methods by which io would copy in larger pieces.
			to, from := struct{ io.Writer }{conn}, struct{ io.Reader }{conn}
			_, err = io.CopyBuffer(to, from, make([]byte, echoed))
		}
		if err != nil {
			b.Error(err)
		}
	}()
	pairs(b, start(b, "echo "+path+" 1"))
}

// BenchmarkFloorHandoff is the floor of a handoff by slots and sysv: a sleeping process and a
// futex.
func BenchmarkFloorHandoff(b *testing.B) {
	units()
	path := filepath.Join(b.TempDir(), "bare")
	sem := must2(openBare(path))
	defer func() { must(b, sem.Close()) }()
	sem.Release(1)
	handOff(b, sem, start(b, "bare "+path+" 1"))
}

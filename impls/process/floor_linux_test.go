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

// Floors are what mechanisms rest on, with nothing around it: what they cost beside them, in one run, is
// what this package adds. On an idle machine most of a hand-off is the processor that wakes up.

// BenchmarkFloor is for slots: two compare-and-swaps of one word of shared memory; and the same of one who has
// to read the word before each, as nobody knows by heart which version it has and whose it is. Reading
// just after a locked instruction waits for that one. Beside it there is little left that the context, the
// funnel and the interface could cost: see BenchmarkUncontended/impl=slots in the same run.
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
					b.Fatal("somebody else changes the word")
				}
			}
		})
	})
	b.Run("reads-and-swaps", func(b *testing.B) {
		timed(b, func() {
			for b.Loop() {
				if !readAndSwap(word, 0, 1) || !readAndSwap(word, 1, 0) {
					b.Fatal("somebody else changes the word")
				}
			}
		})
	})
}

// readAndSwap changes the lowest byte of a word, and the version above it.
func readAndSwap(word *atomic.Uint64, from, to uint64) bool {
	const version = 1 << 8
	was := word.Load()
	return was%version == from && word.CompareAndSwap(was, was-from+to+version)
}

// bare is a word of shared memory, on which one process waits and which another one wakes. It is no
// semaphore: nobody else may come, or be killed.
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
	mem, err := unix.Mmap(int(f.Fd()), 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
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

// echo is a frame to another process and back, over a Unix socket.
type echo struct{ net.Conn }

func dialEcho(path string) (process.Semaphore, error) {
	conn, err := net.Dial("unix", path)
	return echo{conn}, err
}

const echoed = 17 // bytes, as a frame of the broker has

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

// BenchmarkFloorBroker is for the broker: one frame to another process and back.
func BenchmarkFloorBroker(b *testing.B) {
	units()
	path := filepath.Join(b.TempDir(), "echo")
	l := must2(net.Listen("unix", path))
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err == nil {
			_, err = io.CopyBuffer(struct{ io.Writer }{conn}, struct{ io.Reader }{conn}, make([]byte, echoed))
		}
		if err != nil {
			b.Error(err)
		}
	}()
	pairs(b, start(b, "echo "+path+" 1"))
}

// BenchmarkFloorHandoff is for slots and sysv: a sleeping waiter and a futex.
func BenchmarkFloorHandoff(b *testing.B) {
	units()
	path := filepath.Join(b.TempDir(), "bare")
	sem := must2(openBare(path))
	defer func() { must(b, sem.Close()) }()
	sem.Release(1)
	handOff(b, sem, start(b, "bare "+path+" 1"))
}

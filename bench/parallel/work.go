package parallel

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"time"

	"github.com/semabench/semabench/impls"
)

// Every mode does the same tasks with the same input, and has to prove it with a checksum. Without
// that, a mode could be the fastest because it leaves something out.

// A task does the i'th task and returns its checksum. The checksum depends on the seed, on i and on
// the payload alone, so that all modes must agree on it. Only one goroutine calls a task at a time.
type task func(i uint64, payload []byte) (checksum uint64, err error)

// A job is a work that one process is ready to do.
//
// newTask is called in the goroutine that starts the workers, one after the other, so it needs
// no lock.
type job struct {
	newTask func() (task, error) // called once for each goroutine
	close   func() error         // may be nil
}

// end releases what the job opened. It may be called on a job that was never opened.
func (j job) end() error {
	if j.close == nil {
		return nil
	}
	return j.close()
}

// An outcome is the result of one task.
type outcome struct {
	checksum     uint64
	enter, leave int64 // nanoseconds of sharedClock; 0 if the task was not observed
	took         int64 // nanoseconds until the checksum was back; 0 if the task was not timed
	worker       int   // from 0
}

// doAdmitted does a task while it holds a permit. It reads the clock while it holds the permit, so
// the interval is a part of the time between Acquire and Release. Two intervals overlap only if two
// workers held permits at once: inside-peak never accuses a correct semaphore.
//
// The two clock readings lie within the permit on purpose: outside of it, two intervals could
// overlap though the permits did not.
func (s *spec) doAdmitted(ctx context.Context, sem impls.Semaphore, do task, i uint64,
	payload []byte) (o outcome, err error) {
	if err := sem.Acquire(ctx, 1); err != nil {
		return o, err
	}
	if s.Observed {
		o.enter = sharedClock()
	}
	o.checksum, err = do(i, payload)
	if s.Observed {
		o.leave = sharedClock()
	}
	sem.Release(1) // after an error too: other workers may wait for the permit
	return o, err
}

// timed calls do and adds to the outcome what only the side that hands out tasks knows.
func (s *spec) timed(worker int, do func() (outcome, error)) (outcome, error) {
	var began time.Time
	if s.Timed {
		began = time.Now()
	}
	o, err := do()
	if s.Timed {
		o.took = int64(time.Since(began))
	}
	o.worker = worker
	return o, err
}

// randomBytes returns bytes that every process makes alike from a seed, and that do not compress.
// They repeat after repeatBytes: with a process for each task, generating megabytes of random
// numbers would be most of the work.
func randomBytes(seed uint64, size int) []byte {
	all := make([]byte, 0, size)
	r := rand.New(rand.NewPCG(seed, 0))
	for len(all) < min(size, repeatBytes) {
		all = binary.LittleEndian.AppendUint64(all, r.Uint64())
	}
	for len(all) < size {
		all = append(all, all[:min(repeatBytes, size-len(all))]...)
	}
	return all[:size]
}

// repeatBytes is larger than the window of DEFLATE, 32 KiB, so the repetition does not make the
// bytes compressible.
const repeatBytes = 64 << 10

// checksumOf returns the checksum of a task from the bytes that it computed or received. It
// contains the number of the task, so that two tasks which were swapped do not go unnoticed.
func checksumOf(i uint64, result []byte) uint64 {
	return uint64(crc32.ChecksumIEEE(result))<<32 | i&0xffffffff
}

// combinedChecksum returns one checksum of all tasks. It does not depend on which worker did a task
// or in which order.
//
// The index of a task is its place in the sum, so doing one task twice does not make up for
// another that was left out.
func combinedChecksum(all []outcome) uint32 {
	sum := crc32.NewIEEE()
	var buf [8]byte
	for i := range all {
		binary.LittleEndian.PutUint64(buf[:], all[i].checksum)
		_, _ = sum.Write(buf[:]) // a hash.Hash never fails
	}
	return sum.Sum32()
}

// openLimit opens a resource that takes a while to use and needs no core. Whether several workers
// use it at once is then decided by the semaphore alone, and not by the number of cores.
func openLimit(s spec) (job, error) {
	return job{newTask: func() (task, error) {
		return func(i uint64, _ []byte) (uint64, error) {
			time.Sleep(s.Latency)
			return checksumOf(i, binary.LittleEndian.AppendUint64(nil, s.Seed^i)), nil
		}, nil
	}}, nil
}

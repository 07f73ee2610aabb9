package parallel

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"

	"github.com/semabench/semabench/impls"
)

// A task does the i'th task and returns its checksum, which depends on what was done and on nothing
// else. One goroutine calls it at a time.
type task func(i uint64, payload []byte) (sum uint64, err error)

// A job is a work that one process is ready to do.
type job struct {
	worker func() (task, error) // for one goroutine each
	close  func() error         // may be nil
}

// works are ready to be opened, by name.
var works = map[string]func(request) (job, error){
	"hash":     openHash,
	"grain":    openHash,
	"compress": openCompress,
	"http":     openHTTP,
	"files":    openFiles,
	handing:    openHand,
	limiting:   openLimit,
}

func (j job) end() error {
	if j.close == nil {
		return nil
	}
	return j.close()
}

// An outcome is what is known of a task when it is done.
type outcome struct {
	sum          uint64
	enter, leave int64 // nanoseconds of the clock that all processes share; 0 if not observed
	took         int64 // nanoseconds until the checksum was back; 0 if not timed
	worker       int
}

// admitted does a task under a permit. It looks at the clock while it holds it, so what two holders saw
// overlaps only if they held at once.
func (r *request) admitted(ctx context.Context, sem impls.Semaphore, do task, i uint64,
	payload []byte) (o outcome, err error) {
	if err := sem.Acquire(ctx, 1); err != nil {
		return o, err
	}
	if r.Observed {
		o.enter = sharedClock()
	}
	o.sum, err = do(i, payload)
	if r.Observed {
		o.leave = sharedClock()
	}
	sem.Release(1)
	return o, err
}

// data returns bytes that every process of a seed makes alike, and that do not compress.
func data(seed uint64, size int) []byte {
	all := make([]byte, 0, size)
	r := rand.New(rand.NewPCG(seed, 0))
	for len(all) < min(size, repeated) {
		all = binary.LittleEndian.AppendUint64(all, r.Uint64())
	}
	for len(all) < size {
		all = append(all, all[:min(repeated, size-len(all))]...)
	}
	return all[:size]
}

// repeated is how long data goes on before it repeats: a process for each task has no time to draw more.
const repeated = 64 << 10

// sumOf is the checksum of what a task found.
func sumOf(i uint64, found []byte) uint64 {
	return uint64(crc32.ChecksumIEEE(found))<<32 | i&0xffffffff
}

// together is one checksum of all tasks, whoever did them in whatever order.
func together(all []outcome) uint32 {
	sum := crc32.NewIEEE()
	var buf [8]byte
	for i := range all {
		binary.LittleEndian.PutUint64(buf[:], all[i].sum)
		_, _ = sum.Write(buf[:])
	}
	return sum.Sum32()
}

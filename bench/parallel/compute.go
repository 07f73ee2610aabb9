package parallel

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// The works that compute: hash, grain and compress. Both algorithms come from the standard library,
// use one core and hardly allocate, so their speed-up shows the mode and not the garbage collector.

// openHash opens the works that compute SHA-256. The goroutines of a process share the input;
// processes have a copy each, which is the price of separate memory.
//
// The number of the task is hashed before the input, so every task has another result. A mode that does
// one task twice, and leaves out another task, then gets a checksum that differs.
//
// grain uses it as well, with other sizes: its curve must come from the same code.
func openHash(s spec) (job, error) {
	shared := randomBytes(s.Seed, s.Bytes)
	return job{newTask: func() (task, error) {
		// The hash and its output are allocated once for each goroutine and reused. A new hash for
		// each task would be a visible part of a task of 1 KiB.
		h := sha256.New()
		var head [8]byte
		var out [sha256.Size]byte
		return func(i uint64, _ []byte) (uint64, error) {
			binary.LittleEndian.PutUint64(head[:], i)
			h.Reset()
			_, _ = h.Write(head[:]) // a hash.Hash never fails
			_, _ = h.Write(shared)
			return checksumOf(i, h.Sum(out[:0])), nil
		}, nil
	}}, nil
}

// openCompress opens the work that compresses. Goroutines share the text. Each has a compressor of
// its own, because a compressor has state, and reuses it, because making one allocates much memory.
func openCompress(s spec) (job, error) {
	shared := logText(s.Seed, s.Bytes)
	return job{newTask: func() (task, error) {
		var out bytes.Buffer
		// The default level is the level that most programs use. It spends its time on searching
		// matches in the input, so it is a workload of memory as well as of the processor.
		to, err := flate.NewWriter(&out, flate.DefaultCompression)
		if err != nil {
			return nil, err
		}
		return func(i uint64, _ []byte) (uint64, error) {
			out.Reset()
			to.Reset(&out)
			for _, part := range [][]byte{fmt.Appendf(nil, "task %d\n", i), shared} {
				if _, err := to.Write(part); err != nil {
					return 0, err
				}
			}
			if err := to.Close(); err != nil {
				return 0, err
			}
			return checksumOf(i, out.Bytes()), nil
		}, nil
	}}, nil
}

// logText returns lines like a log file has, which compress to about a fifth of their size. Random
// bytes would not do: the compressor recognizes them and stores them as they are.
//
// The text is the same for every task, because only the compressor is to be measured.
func logText(seed uint64, size int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var text []byte
	for len(text) < size {
		text = fmt.Appendf(text, "%d request %d took %d ms\n",
			len(text), r.IntN(100_000), r.IntN(500))
	}
	return text[:size]
}

package parallel

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// openHash shares what is hashed between the goroutines of a process; processes have a copy each.
func openHash(r request) (job, error) {
	shared := data(r.Seed, r.Bytes)
	return job{worker: func() (task, error) {
		h := sha256.New()
		var head [8]byte
		var out [sha256.Size]byte
		return func(i uint64, _ []byte) (uint64, error) {
			binary.LittleEndian.PutUint64(head[:], i)
			h.Reset()
			_, _ = h.Write(head[:]) // a Hash takes everything
			_, _ = h.Write(shared)
			return sumOf(i, h.Sum(out[:0])), nil
		}, nil
	}}, nil
}

// openCompress shares the text; a compressor is of one goroutine, as it is large and has state.
func openCompress(r request) (job, error) {
	shared := prose(r.Seed, r.Bytes)
	return job{worker: func() (task, error) {
		var out bytes.Buffer
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
			return sumOf(i, out.Bytes()), nil
		}, nil
	}}, nil
}

// prose has lines as logs have, which compress to about a fifth.
func prose(seed uint64, size int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var text []byte
	for len(text) < size {
		text = fmt.Appendf(text, "%d request %d took %d ms\n", len(text), r.IntN(100_000), r.IntN(500))
	}
	return text[:size]
}

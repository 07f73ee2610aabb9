package bench

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// Workloads whose permit holders compute.

// inputBytes is the size of the input of one operation, of both workloads.
const inputBytes = 16 << 10

// hashing is a pool of workers that compute. Such a pool usually has as many permits as cores. One
// permit makes it serial, and 16 permits are more than a small machine has cores.
var hashing = Workload{
	Name:   "cpu",
	Doc:    "SHA-256 over 16 KiB under each permit",
	Shapes: []Shape{{Permits: 1, Goroutines: 64}, {Permits: 4, Goroutines: 64}},
	More: []Shape{{Permits: 16, Goroutines: 64}, {Permits: 4, Goroutines: 8},
		{Permits: 4, Goroutines: 1024}},
	Run: func(t *Trial) error { return t.holdOne(newHasher) },
}

// newHasher returns a function that hashes a buffer of its own. The buffer differs in each call,
// so the result cannot be reused and is checked against the one before.
func newHasher() func() error {
	buf := make([]byte, inputBytes)
	var last [sha256.Size]byte
	round := uint64(0)
	return func() error {
		round++
		binary.LittleEndian.PutUint64(buf, round)
		sum := sha256.Sum256(buf)
		if sum == last {
			return errors.New("two different buffers have the same SHA-256")
		}
		last = sum
		return nil
	}
}

// compression holds a permit about ten times as long as hashing, and uses memory meanwhile. More
// workers than cores then do not only wait for a core: they evict each other's data from the
// caches.
var compression = Workload{
	Name:   "cpu-compress",
	Doc:    "DEFLATE of 16 KiB under each permit",
	Shapes: []Shape{{Permits: 4, Goroutines: 16}},
	More:   []Shape{{Permits: 1, Goroutines: 16}, {Permits: 16, Goroutines: 64}},

	Counted: 128,
	Run: func(t *Trial) error {
		return t.Parallel(func(w *Worker) error {
			work, err := newCompressor()
			if err != nil {
				return err
			}
			ctx, sem := context.Background(), w.Sem
			for w.Next() {
				if err := underPermits(ctx, sem, 1, work); err != nil {
					return err
				}
			}
			return nil
		})
	},
}

// newCompressor returns a function that compresses the same text in each call. It reuses its
// flate.Writer: making one allocates hundreds of kilobytes, which would be most of the work.
func newCompressor() (func() error, error) {
	var text, out bytes.Buffer
	for x := uint64(1); text.Len() < inputBytes; x = xorshift(1, x) {
		fmt.Fprintf(&text, "request %d took %d ms\n", x%1000, x%97)
	}
	to, err := flate.NewWriter(&out, flate.BestSpeed)
	return func() error {
		out.Reset()
		to.Reset(&out)
		if _, err := to.Write(text.Bytes()); err != nil {
			return err
		}
		if err := to.Close(); err != nil {
			return err
		}
		if out.Len() == 0 || out.Len() >= text.Len() {
			return fmt.Errorf("%d bytes were compressed to %d", text.Len(), out.Len())
		}
		return nil
	}, err
}

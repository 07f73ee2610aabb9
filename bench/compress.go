package bench

import (
	"bytes"
	"compress/flate"
	"context"
	"fmt"
)

// compress holds a permit some ten times as long as cpu and goes through memory meanwhile: more
// workers than cores do not only wait for a core, they empty each other's caches.
var compress = Workload{
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

// newCompressor returns a function that compresses the same text again and again, with a
// compressor of its own, which is far too large to be made anew each time.
func newCompressor() (func() error, error) {
	var text, out bytes.Buffer
	for x := uint64(1); text.Len() < hashed; x = burn(1, x) {
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

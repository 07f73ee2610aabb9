package bench

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

// files is what a limit on open files is for. A goroutine in a system call keeps a thread, so a
// semaphore that lets in too many is paid for in threads; the file is in the cache, so what
// is measured is the call and not a disk.
var files = Workload{
	Name:    "io-files",
	Doc:     "opening and reading a file of 64 KiB under each permit",
	Shapes:  []Shape{{Permits: 16, Goroutines: 64}},
	More:    []Shape{{Permits: 4, Goroutines: 64}, {Permits: 16, Goroutines: 1024}},
	Run:     reads,
	Counted: 256,
}

func reads(t *Trial) error {
	f, err := os.CreateTemp("", "semabench-*.txt")
	if err != nil {
		return fmt.Errorf("making the file to read: %w", err)
	}
	name := f.Name()
	defer os.Remove(name)
	_, err = f.Write(bytes.Repeat([]byte("semabench\n"), 6554))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("writing the file to read: %w", err)
	}
	return t.holdOne(func() func() error { return func() error { return readAll(name) } })
}

func readAll(name string) error {
	text, err := os.ReadFile(name)
	if err == nil && len(text) != 65540 {
		err = fmt.Errorf("%s has %d bytes, want 65540", name, len(text))
	}
	return err
}

// naps is the purest io: a holder is away for a fixed time and needs nothing. What an operation
// takes beyond the latency divided by the permits is due to timers, wake-ups, and waiters that spin.
var naps = Workload{
	Name:   "io-sleep",
	Doc:    "sleeping under each permit",
	Shapes: []Shape{{Permits: 16, Goroutines: 64, Latency: time.Millisecond}},
	More: []Shape{{Permits: 1, Goroutines: 64, Latency: time.Millisecond},
		{Permits: 64, Goroutines: 1024, Latency: time.Millisecond}},
	Run: func(t *Trial) error {
		return t.holdOne(func() func() error {
			return func() error { time.Sleep(t.Latency); return nil }
		})
	},
	Counted: 32,
}

package bench

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

// cpu is a pool of workers that compute. Permits near the number of cores are what such a pool
// is given; one permit makes it serial, 16 are too many.
var cpu = Workload{
	Name:   "cpu",
	Doc:    "SHA-256 over 16 KiB under each permit",
	Shapes: []Shape{{Permits: 1, Goroutines: 64}, {Permits: 4, Goroutines: 64}},
	More:   []Shape{{Permits: 16, Goroutines: 64}, {Permits: 4, Goroutines: 8}, {Permits: 4, Goroutines: 1024}},
	Run:    func(t *Trial) error { return t.holdOne(newHasher) },
}

const hashed = 16 << 10 // bytes

// newHasher returns a function that hashes a buffer of its own, a different one each time.
func newHasher() func() error {
	buf := make([]byte, hashed)
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

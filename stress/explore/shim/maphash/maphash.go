// Package maphash stands for hash/maphash in rewritten code.
//
//	h := maphash.String(maphash.MakeSeed(), "key") // the same number in every schedule and process
//
// A seed of the standard package differs in every process. A program may branch on a hash, and its
// schedules must replay in another process, so seeds and hashes of this package depend on the
// schedule alone. Two seeds of one execution are as different as the real ones.
//
// An address counts by its rank, see schedrt.RankOf, because addresses differ from process to
// process.
//
// # What this does not model
//
// Other seeds: a defect that needs a certain collision is only found if this hash has it. The hash
// is FNV-1a with its bits mixed, and weaker than the real one.
package maphash

import (
	"encoding/binary"
	"hash"
	"math"
	"reflect"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Seed is a maphash.Seed.
type Seed struct{ s uint64 }

// MakeSeed returns a new seed. It is never the zero value.
func MakeSeed() Seed { return Seed{schedrt.Random() | 1} }

// A Hash is a maphash.Hash.
type Hash struct {
	_     [0]func() // not comparable, as the real one
	seed  Seed
	state uint64 // of FNV-1a over the seed and what was written
}

const (
	fnvOffset = 0xcbf29ce484222325
	fnvPrime  = 0x100000001b3
)

// begin gives a Hash without a seed a new one.
func (h *Hash) begin() {
	if h.seed.s == 0 {
		h.SetSeed(MakeSeed())
	}
}

// Seed returns the seed of h.
func (h *Hash) Seed() Seed {
	h.begin()
	return h.seed
}

// SetSeed gives h a seed and drops what was written. It panics if the seed was not made by
// MakeSeed.
func (h *Hash) SetSeed(seed Seed) {
	if seed.s == 0 {
		panic("maphash: use of uninitialized Seed")
	}
	h.seed, h.state = seed, fnvOffset^seed.s
}

// Reset drops what was written, and keeps the seed.
func (h *Hash) Reset() {
	h.begin()
	h.SetSeed(h.seed)
}

// Write adds b. It never fails.
func (h *Hash) Write(b []byte) (int, error) {
	h.begin()
	for _, c := range b {
		h.state = (h.state ^ uint64(c)) * fnvPrime
	}
	return len(b), nil
}

// WriteString adds the bytes of s. It never fails.
func (h *Hash) WriteString(s string) (int, error) {
	h.begin()
	for i := range len(s) {
		h.state = (h.state ^ uint64(s[i])) * fnvPrime
	}
	return len(s), nil
}

// WriteByte adds b. It never fails.
func (h *Hash) WriteByte(b byte) error {
	h.begin()
	h.state = (h.state ^ uint64(b)) * fnvPrime
	return nil
}

// Sum64 returns the hash of the bytes written.
func (h *Hash) Sum64() uint64 {
	h.begin()
	return spread(h.state)
}

// spread makes each bit depend on every bit of h, as FNV-1a does not: hash tables use the highest
// or the lowest bits. The shifts and the multiplier are degski's 64-bit mixer.
func spread(h uint64) uint64 {
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	return h ^ h>>32
}

// Sum appends the hash to b, in the byte order of the real one.
func (h *Hash) Sum(b []byte) []byte { return binary.BigEndian.AppendUint64(b, h.Sum64()) }

// Size returns the size of a hash in bytes.
func (h *Hash) Size() int { return 8 }

// BlockSize returns the block size of the real one.
func (h *Hash) BlockSize() int { return 128 }

// Clone returns a copy of h.
func (h *Hash) Clone() (hash.Cloner, error) {
	h.begin()
	c := *h
	return &c, nil
}

// Bytes is maphash.Bytes.
func Bytes(seed Seed, b []byte) uint64 {
	var h Hash
	h.SetSeed(seed)
	h.Write(b)
	return h.Sum64()
}

// String is maphash.String. It hashes as Bytes does.
func String(seed Seed, s string) uint64 {
	var h Hash
	h.SetSeed(seed)
	h.WriteString(s)
	return h.Sum64()
}

// Comparable is maphash.Comparable.
func Comparable[T comparable](seed Seed, v T) uint64 {
	var h Hash
	h.SetSeed(seed)
	h.writeValue(reflect.ValueOf(&v).Elem())
	return h.Sum64()
}

// WriteComparable is maphash.WriteComparable.
func WriteComparable[T comparable](h *Hash, v T) { h.writeValue(reflect.ValueOf(&v).Elem()) }

// writeUint adds the bytes of a number.
func (h *Hash) writeUint(n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	h.Write(b[:])
}

// writeFloat adds a float. Both zeros are equal, so they have one hash; a NaN equals nothing, so it
// has a new one each time.
func (h *Hash) writeFloat(f float64) {
	switch {
	case f == 0:
		h.writeUint(0)
	case f != f:
		h.writeUint(schedrt.Random())
	default:
		h.writeUint(math.Float64bits(f))
	}
}

// writeValue adds a value, so that equal values of one type have one hash. A string has its length
// in front: neighbours in a struct must not run into each other.
func (h *Hash) writeValue(v reflect.Value) {
	switch kind := v.Kind(); {
	case kind == reflect.String:
		h.writeUint(uint64(v.Len()))
		h.WriteString(v.String())
	case kind == reflect.Bool:
		b := uint64(0)
		if v.Bool() {
			b = 1
		}
		h.writeUint(b)
	case v.CanInt():
		h.writeUint(uint64(v.Int()))
	case v.CanUint():
		h.writeUint(v.Uint())
	case v.CanFloat():
		h.writeFloat(v.Float())
	case v.CanComplex():
		h.writeFloat(real(v.Complex()))
		h.writeFloat(imag(v.Complex()))
	case kind == reflect.Pointer || kind == reflect.Chan || kind == reflect.UnsafePointer:
		h.writeUint(schedrt.RankOf(v.UnsafePointer()))
	case kind == reflect.Interface:
		h.writeDynamic(v)
	case kind == reflect.Struct:
		for i := range v.NumField() {
			h.writeValue(v.Field(i))
		}
	case kind == reflect.Array:
		for i := range v.Len() {
			h.writeValue(v.Index(i))
		}
	default:
		panic("hash/maphash: hash of unhashable type " + v.Type().String())
	}
}

// writeDynamic adds the value in an interface, with its type in front.
func (h *Hash) writeDynamic(v reflect.Value) {
	if v.IsNil() {
		h.writeUint(0)
		return
	}
	v = v.Elem()
	h.WriteString(v.Type().String())
	h.writeValue(v)
}

// Package home uses parts of the standard library that package explore models. The tests of package
// explore do the same themselves, so that each part is seen both in the explored package and in one
// that it imports.
package home

import (
	cryptorand "crypto/rand"
	"encoding/hex"
	"hash/maphash"
	mathrand "math/rand"
	"math/rand/v2"
	"unsafe"
)

//go:noescape
//go:linkname cheaprand runtime.cheaprand
func cheaprand() uint32

//go:linkname nanotime runtime.nanotime
func nanotime() int64

//go:linkname wall time.now
func wall() (sec int64, nsec int32, mono int64)

//go:linkname strhash runtime.strhash
func strhash(p unsafe.Pointer, h uintptr) uintptr

//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

// drawn is drawn when the process starts, and never again.
var drawn = rand.Uint64()

var seed = maphash.MakeSeed()

// Random returns numbers of every random source.
func Random() []any {
	var h maphash.Hash
	key := make([]byte, 8)
	cryptorand.Read(key)
	text, now, p := "key", nanotime(), procPin()
	procUnpin()
	sec, nsec, _ := wall()
	return []any{
		drawn, hex.EncodeToString(key), h.Sum64(), maphash.String(seed, "key"),
		maphash.Comparable(seed, new(int)), mathrand.Int(), rand.Uint64(), cheaprand(),
		nanotime() - now, sec, nsec, p, strhash(unsafe.Pointer(&text), 1),
	}
}

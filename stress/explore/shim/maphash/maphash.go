// Package maphash stands for the functions of hash/maphash in rewritten code.
//
//	h := maphash.String(seed, "key") // the same number in every process
//
// A seed of the standard package differs in every process. Under control the functions ignore it,
// because a program may branch on a hash, and its schedules must replay in another process.
//
// # What this does not model
//
// Other seeds: a defect that needs a certain collision is only found if this hash has it. The
// methods of maphash.Hash are refused, see package rewrite.
package maphash

import (
	"fmt"
	"hash/fnv"
	"hash/maphash"
	"reflect"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Bytes is maphash.Bytes. Under control it is FNV-1a with its bits mixed.
func Bytes(seed maphash.Seed, b []byte) uint64 {
	if !schedrt.Controlled() {
		return maphash.Bytes(seed, b)
	}
	h := fnv.New64a()
	h.Write(b)
	return spread(h.Sum64())
}

// spread makes each bit depend on every bit of h, as FNV-1a does not: hash tables use the highest
// or the lowest bits. The shifts and the multiplier are degski's 64-bit mixer.
func spread(h uint64) uint64 {
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	return h ^ h>>32
}

// String is maphash.String. It hashes as Bytes does.
func String(seed maphash.Seed, s string) uint64 {
	if !schedrt.Controlled() {
		return maphash.String(seed, s)
	}
	return Bytes(seed, []byte(s))
}

// Comparable is maphash.Comparable. Under control a value that contains an address is refused,
// because addresses differ from process to process.
func Comparable[T comparable](seed maphash.Seed, v T) uint64 {
	if !schedrt.Controlled() {
		return maphash.Comparable(seed, v)
	}
	if hasAddress(reflect.ValueOf(&v).Elem()) {
		schedrt.Refuse("hash/maphash.Comparable of an address is not under control")
	}
	return Bytes(seed, fmt.Appendf(nil, "%T%#v", v, v))
}

// hasAddress reports whether v contains a pointer or a channel that is not nil.
func hasAddress(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		return !v.IsNil()
	case reflect.Interface:
		return !v.IsNil() && hasAddress(v.Elem())
	case reflect.Array:
		for i := range v.Len() {
			if hasAddress(v.Index(i)) {
				return true
			}
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			if hasAddress(field) {
				return true
			}
		}
	}
	return false
}

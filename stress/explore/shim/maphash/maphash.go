// Package maphash looks like the functions of hash/maphash. Under control, they hash in the same way in
// every process, whatever the seed: what follows from a hash is to replay anywhere.
package maphash

import (
	"fmt"
	"hash/fnv"
	"hash/maphash"
	"reflect"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Bytes is maphash.Bytes.
func Bytes(seed maphash.Seed, b []byte) uint64 {
	if !schedrt.Controlled() {
		return maphash.Bytes(seed, b)
	}
	h := fnv.New64a()
	h.Write(b)
	return spread(h.Sum64())
}

// spread makes all bits depend on all: tables use the highest or the lowest.
func spread(h uint64) uint64 {
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	return h ^ h>>32
}

// String is maphash.String.
func String(seed maphash.Seed, s string) uint64 {
	if !schedrt.Controlled() {
		return maphash.String(seed, s)
	}
	return Bytes(seed, []byte(s))
}

// Comparable is maphash.Comparable. Under control, a value with an address in it is refused: that is
// another one each time.
func Comparable[T comparable](seed maphash.Seed, v T) uint64 {
	if !schedrt.Controlled() {
		return maphash.Comparable(seed, v)
	}
	if hasAddress(reflect.ValueOf(&v).Elem()) {
		schedrt.Refuse("hash/maphash.Comparable of an address is not under control")
	}
	return Bytes(seed, fmt.Appendf(nil, "%T%#v", v, v))
}

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

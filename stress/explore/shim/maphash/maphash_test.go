package maphash_test

import (
	real "hash/maphash"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/maphash"
)

type key struct {
	A int
	B string
	C any
}

// Under control a hash depends on the value alone. The numbers are fixed: recorded schedules
// depend on them.
func TestHashesAreTheSameInEveryProcess(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		a, b := real.MakeSeed(), real.MakeSeed()
		// FNV-1a of "key", and the mixer, computed by hand.
		if got, want := maphash.String(a, "key"), uint64(0xe4f7949198d0c474); got != want {
			t.Errorf("hash %#x, want %#x", got, want)
		}
		if maphash.String(a, "key") != maphash.Bytes(b, []byte("key")) {
			t.Error("the seed counts, or String and Bytes differ")
		}
		if maphash.Comparable(a, key{1, "b", 2}) != maphash.Comparable(b, key{1, "b", 2}) ||
			maphash.Comparable(a, key{1, "b", 2}) == maphash.Comparable(a, key{1, "b", "2"}) {
			t.Error("the hash of a struct depends on the seed, or not on the value")
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

func TestAddressesAreRefused(t *testing.T) {
	for name, f := range map[string]func(){
		"pointer":   func() { maphash.Comparable(real.MakeSeed(), new(int)) },
		"interface": func() { maphash.Comparable(real.MakeSeed(), key{C: new(int)}) },
		"array":     func() { maphash.Comparable(real.MakeSeed(), [1]chan int{make(chan int)}) },
	} {
		t.Run(name, func(t *testing.T) {
			schedtest.MustEnd(t, schedtest.PlayScript(t, nil, f), schedrt.Refused)
		})
	}
	x := schedtest.PlayScript(t, nil, func() { maphash.Comparable(real.MakeSeed(), [1]*int{}) })
	schedtest.MustEnd(t, x, schedrt.Passed) // nil is no address
}

// Outside of control the functions are the real ones.
func TestOutsideOfControl(t *testing.T) {
	seed, p := real.MakeSeed(), new(int)
	if maphash.String(seed, "key") != real.String(seed, "key") ||
		maphash.Bytes(seed, []byte("key")) != real.Bytes(seed, []byte("key")) ||
		maphash.Comparable(seed, p) != real.Comparable(seed, p) {
		t.Error("a hash differs from the real one")
	}
}

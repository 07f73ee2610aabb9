package shim_test

import (
	"math"
	"slices"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/maphash"
)

type hashed struct {
	A int
	B string
	C any
}

// Every hash of an execution comes again in the next one: of new seeds, of a Hash without a seed
// and of addresses.
func TestHashesAreTheSameInEveryExecution(t *testing.T) {
	var all [][]uint64
	for range 2 {
		x := schedtest.PlayScript(t, nil, func() {
			var h maphash.Hash
			seed, other := maphash.MakeSeed(), maphash.MakeSeed()
			p, q := new(int), new(int)
			all = append(all, []uint64{
				h.Sum64(), maphash.String(seed, "key"), maphash.String(other, "key"),
				maphash.Comparable(seed, p), maphash.Comparable(seed, q),
				maphash.Comparable(seed, hashed{C: p}), maphash.Comparable(seed, math.NaN()),
			})
			if maphash.Comparable(seed, p) != all[len(all)-1][3] {
				t.Error("an address has two hashes in one execution")
			}
		})
		schedtest.MustEnd(t, x, schedrt.Passed)
	}
	if !slices.Equal(all[0], all[1]) {
		t.Errorf("two executions have the hashes\n%x\n%x", all[0], all[1])
	}
	if distinct := slices.Compact(slices.Sorted(slices.Values(all[0]))); len(distinct) != len(all[0]) {
		t.Errorf("two hashes are equal: %x", all[0])
	}
}

// The rules of the standard package hold: the bytes alone count, however they are written, and
// equal values have equal hashes.
func TestRules(t *testing.T) {
	seed := maphash.MakeSeed()
	var h maphash.Hash
	h.SetSeed(seed)
	h.Write([]byte("k"))
	h.WriteByte('e')
	clone, _ := h.Clone()
	h.WriteString("y")
	if want := maphash.String(seed, "key"); h.Sum64() != want || maphash.Bytes(seed, []byte("key")) != want ||
		len(h.Sum(nil)) != h.Size() || h.Seed() != seed || h.BlockSize() != 128 {
		t.Error("String, Bytes and Hash differ")
	}
	clone.Write([]byte("y"))
	if clone.(*maphash.Hash).Sum64() != h.Sum64() {
		t.Error("a clone differs")
	}
	if h.Reset(); h.Sum64() != maphash.String(seed, "") {
		t.Error("Reset keeps what was written")
	}
	h.Reset()
	maphash.WriteComparable(&h, hashed{1, "b", 2.5})
	if h.Sum64() != maphash.Comparable(seed, hashed{1, "b", 2.5}) {
		t.Error("WriteComparable and Comparable differ")
	}
	if maphash.Comparable(seed, 0.0) != maphash.Comparable(seed, math.Copysign(0, -1)) {
		t.Error("both zeros are equal, but not their hashes")
	}
	if maphash.Comparable(seed, [2]string{"a", "bc"}) == maphash.Comparable(seed, [2]string{"ab", "c"}) ||
		maphash.Comparable[any](seed, int32(1)) == maphash.Comparable[any](seed, int64(1)) ||
		maphash.Comparable(seed, hashed{C: true}) == maphash.Comparable(seed, hashed{C: 1i}) ||
		maphash.Comparable(seed, hashed{}) == maphash.Comparable(seed, hashed{A: 1}) {
		t.Error("values that differ have one hash")
	}
}

func TestMisuseOfHashes(t *testing.T) {
	for name, f := range map[string]func(){
		"seed":       func() { maphash.String(maphash.Seed{}, "") },
		"comparable": func() { maphash.Comparable[any](maphash.MakeSeed(), []int{}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

package explore_test

import (
	cryptorand "crypto/rand"
	"encoding/hex"
	"fmt"
	"hash/maphash"
	mathrand "math/rand"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/testdata/home"
)

var seed = maphash.MakeSeed()

// random is home.Random, in the explored package.
func random() []any {
	var h maphash.Hash
	key := make([]byte, 8)
	cryptorand.Read(key)
	return []any{
		hex.EncodeToString(key), h.Sum64(), maphash.String(seed, "key"),
		maphash.Comparable(seed, new(int)), mathrand.Int(), rand.Uint64(), cryptorand.Text(),
	}
}

// The numbers of all random sources are the same in every schedule, and in every process. Only then
// the schedule that fails comes again in a fresh process, and the branch on a random number is no
// difference between two runs.
func TestRandomNumbersAreOfTheSchedule(t *testing.T) {
	for name, source := range map[string]func() []any{"direct": random, "dependency": home.Random} {
		t.Run(name, func(t *testing.T) {
			var first string
			agree := func(t *explore.T) {
				all := fmt.Sprint(source())
				if first == "" {
					first = all
				}
				if all != first {
					t.Errorf("%s, in the first schedule %s", all, first)
				}
				two(func() { source() }, func() { source() })
			}
			if r := explore.Check(t, explore.Options{Schedules: 100, Workers: 2}, agree); r.Verdict != explore.Pass {
				t.Errorf("%s: %s", r.Verdict, r.Text)
			}
			r := explore.Check(t, explore.Options{Schedules: 1000}, func(t *explore.T) {
				var n atomic.Int64
				add := func() { n.Store(n.Load() + int64(len(source()))) }
				two(add, add)
				if want := int64(2 * len(source())); n.Load() != want {
					t.Errorf("%v: %d, want %d", source(), n.Load(), want)
				}
			})
			if r.Verdict != explore.Fail {
				t.Errorf("%s, want the lost addition: %s", r.Verdict, r.Text)
			}
		})
	}
}

package shim_test

import (
	"fmt"
	"math/rand"
	"testing"
	real "testing/quick"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/quick"
)

// drawn returns the values that Check and CheckEqual draw.
func drawn(config *real.Config) string {
	var values []int
	note := func(v int) bool { values = append(values, v); return true }
	if err := quick.Check(note, config); err != nil {
		values = nil
	}
	if err := quick.CheckEqual(note, func(int) bool { return true }, config); err != nil {
		values = nil
	}
	return fmt.Sprint(values)
}

// Under control each execution draws the same values, and a config without a source keeps its
// fields.
func TestValuesAreTheSameInEveryExecution(t *testing.T) {
	var all []string
	for range 2 {
		x := schedtest.PlayScript(t, nil, func() {
			all = append(all, drawn(nil), drawn(&real.Config{MaxCount: 3}))
		})
		schedtest.MustEnd(t, x, schedrt.Passed)
	}
	if all[0] != all[2] || all[1] != all[3] || len(all[1]) >= len(all[0]) || all[0] == "[]" {
		t.Errorf("two executions drew %v", all)
	}
}

// A source that the program has seeded itself is used.
func TestASeededSourceStays(t *testing.T) {
	seeded := func(seed int64) string { return drawn(&real.Config{Rand: rand.New(rand.NewSource(seed))}) }
	x := schedtest.PlayScript(t, nil, func() {
		if first, again := seeded(1), seeded(1); first != again || first == seeded(2) {
			t.Error("the source of the config does not count")
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if drawn(nil) == "[]" {
		t.Error("outside of control no values are drawn")
	}
}

package stress

import (
	"math"
	"testing"

	"github.com/semabench/semabench/impls"
)

func TestLinearizable(t *testing.T) {
	impl := impls.Impl{Name: "theirs"}
	const late = math.MaxInt64
	for _, c := range []struct {
		name  string
		calls []Call
		want  Outcome
	}{
		{"one after the other", []Call{{1, Acquire, 1, true, 1, 2}, {1, Release, 1, true, 3, 4}, {2, TryAcquire, 1, true, 5, 6}}, Pass},
		{"two hold one permit", []Call{{1, Acquire, 1, true, 1, 2}, {2, TryAcquire, 1, true, 3, 4}}, Fail},
		{"perhaps one after the other", []Call{{1, Acquire, 1, true, 1, 5}, {1, Release, 1, true, 6, 9}, {2, Acquire, 1, true, 2, 8}}, Pass},
		{"refused though free", []Call{{1, Acquire, 1, true, 1, 2}, {1, Release, 1, true, 3, 4}, {2, TryAcquire, 1, false, 5, 6}}, Fail},
		{"a release that takes effect later", []Call{{1, Acquire, 1, true, 1, 2}, {1, Release, 1, true, 3, late}, {2, TryAcquire, 1, false, 5, 6}}, Pass},
	} {
		if v := Linearizable(impl, 1, c.calls); v.Outcome != c.want {
			t.Errorf("%s: %v, want %v", c.name, v, c.want)
		}
	}
}

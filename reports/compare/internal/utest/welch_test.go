package utest_test

import (
	"math"
	"testing"

	"github.com/semabench/semabench/reports/compare/internal/utest"
)

// The expected bounds come from Student's density, integrated by Simpson's rule with 20 000 steps in Python.
func TestWelch(t *testing.T) {
	a, b := []float64{10, 11, 12, 13, 20}, []float64{9.9, 10, 10.1, 10}
	type bounds struct{ lo, hi float64 }
	want := bounds{0.9174924598608909, 1.7849996021972654}
	for level, want := range map[float64]bounds{0.05: want, 0.001: {0.4568154991728729, 3.585087806425141}} {
		lo, hi, ok := utest.Welch(a, b, level)
		if !ok || math.Abs(lo/want.lo-1) > 1e-6 || math.Abs(hi/want.hi-1) > 1e-6 {
			t.Errorf("level %v: [%v, %v], want %v", level, lo, hi, want)
		}
	}
	for _, test := range []struct{ a, b []float64 }{
		{[]float64{1}, b}, {a, nil}, {[]float64{2, 2, 2}, []float64{1, 1}},
	} {
		if lo, hi, ok := utest.Welch(test.a, test.b, 0.05); ok {
			t.Errorf("%v, %v: [%v, %v], want no interval", test.a, test.b, lo, hi)
		}
	}
	if lo, hi, _ := utest.Welch(b, a, 0.05); math.Abs(lo*want.hi-1) > 1e-6 || math.Abs(hi*want.lo-1) > 1e-6 {
		t.Errorf("the inverse: [%v, %v], want the inverse bounds", lo, hi)
	}
}

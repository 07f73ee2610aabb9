package expvar_test

import (
	real "expvar"
	"testing"

	"github.com/semabench/semabench/stress/explore/shim/expvar"
)

// The variables are published, and have the values and texts of the standard library's.
func TestLikeTheStandardLibrary(t *testing.T) {
	i, f, s := expvar.NewInt("i"), expvar.NewFloat("f"), expvar.NewString("s")
	realI, realF, realS := new(real.Int), new(real.Float), new(real.String)
	if s.String() != realS.String() || s.Value() != "" {
		t.Errorf("an unset String is %s", s)
	}
	i.Set(3)
	realI.Set(3)
	i.Add(-5)
	realI.Add(-5)
	f.Set(1e30)
	realF.Set(1e30)
	f.Add(0.5)
	realF.Add(0.5)
	s.Set("a\"<b")
	realS.Set("a\"<b")
	if i.Value() != realI.Value() || f.Value() != realF.Value() || s.Value() != realS.Value() {
		t.Error(i.Value(), f.Value(), s.Value())
	}
	for name, want := range map[string]real.Var{"i": realI, "f": realF, "s": realS} {
		if got := real.Get(name); got == nil || got.String() != want.String() {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

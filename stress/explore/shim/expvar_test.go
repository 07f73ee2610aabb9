package shim_test

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

// A Map does what the standard library's does, call for call.
func TestMapLikeTheStandardLibrary(t *testing.T) {
	m, r := expvar.NewMap("m"), new(real.Map)
	n, realN := new(expvar.Int), new(real.Int)
	f := real.Func(func() any { return "f" })
	for i, call := range []func(){
		func() { m.Set("b", n); r.Set("b", realN) },
		func() { m.Add("b", 2); r.Add("b", 2) },
		func() { m.Add("a\"", 3); r.Add("a\"", 3) },
		func() { m.AddFloat("c", 0.5); r.AddFloat("c", 0.5) },
		func() { m.AddFloat("b", 0.5); r.AddFloat("b", 0.5) }, // another type: ignored
		func() { m.Add("c", 1); r.Add("c", 1) },
		func() { m.Set("c", f); r.Set("c", f) },
		func() { m.Delete("b"); r.Delete("b") },
		func() { m.Delete("none"); r.Delete("none") },
		func() { m.Init(); r.Init() },
		func() { m.Add("z", 1); r.Add("z", 1) },
	} {
		call()
		if m.String() != r.String() {
			t.Errorf("after call %d it is %s, want %s", i, m, r)
		}
		if got, want := m.Get("b"), r.Get("b"); (got == nil) != (want == nil) {
			t.Errorf("after call %d b is %v, want %v", i, got, want)
		}
	}
	var keys string
	m.Add("y", 1)
	m.Do(func(kv real.KeyValue) { keys += kv.Key })
	if keys != "yz" || real.Get("m") != real.Var(m) {
		t.Errorf("keys %s, published %v", keys, real.Get("m"))
	}
}

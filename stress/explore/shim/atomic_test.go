package shim_test

import (
	"fmt"
	"strings"
	real "sync/atomic"
	"testing"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
)

// integer is the methods that the integer types share.
type integer[T any] interface {
	Load() T
	Store(T)
	Swap(T) T
	CompareAndSwap(old, new T) bool
	Add(T) T
	And(T) T
	Or(T) T
}

// operations is how a method or a function works on a word that holds 6: the results in order.
func operations[T ~int32 | ~int64 | ~uint32 | ~uint64 | ~uintptr](x integer[T]) string {
	x.Store(6)
	return fmt.Sprint(x.Load(), x.Swap(5), x.CompareAndSwap(4, 1), x.CompareAndSwap(5, 12), x.Add(3),
		x.And(6), x.Or(1), x.Load())
}

const wantOperations = "6 6 false true 15 15 6 7"

// All operations do what the real ones do, each in one step with the right kind and mode.
func TestIntegers(t *testing.T) {
	for name, f := range map[string]func() string{
		"Int32":   func() string { return operations(&atomic.Int32{}) },
		"Int64":   func() string { return operations(&atomic.Int64{}) },
		"Uint32":  func() string { return operations(&atomic.Uint32{}) },
		"Uint64":  func() string { return operations(&atomic.Uint64{}) },
		"Uintptr": func() string { return operations(&atomic.Uintptr{}) },
	} {
		x := schedtest.PlayScript(t, nil, func() {
			if got := f(); got != wantOperations {
				t.Errorf("%s: %s, want %s", name, got, wantOperations)
			}
		})
		mustSteps(t, name, x)
		if got := f(); got != wantOperations {
			t.Errorf("%s outside of control: %s", name, got)
		}
	}
}

// mustSteps checks the steps of operations.
func mustSteps(t *testing.T, name string, x *schedrt.Exec) {
	t.Helper()
	schedtest.MustEnd(t, x, schedrt.Passed)
	want := []schedrt.Kind{
		schedrt.OpStore, schedrt.OpLoad, schedrt.OpSwap, schedrt.OpCAS, schedrt.OpCAS, schedrt.OpSwap,
		schedrt.OpSwap, schedrt.OpSwap, schedrt.OpLoad,
	}
	var got []schedrt.Kind
	for i := range x.Trace.Steps {
		s := &x.Trace.Steps[i]
		got = append(got, s.Kind)
		reads := s.Kind == schedrt.OpLoad || i == 3 // the compare-and-swap that fails
		if a := x.Trace.Accesses(s); len(a) != 1 || (a[0].Mode == schedrt.Read) != reads {
			t.Errorf("%s: step %d, %v, has the accesses %v", name, i, s.Kind, a)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: steps %v, want %v", name, got, want)
	}
}

// asMethods lets functions on a word be checked like methods.
type asMethods[T any] struct {
	word  T
	load  func(*T) T
	store func(*T, T)
	swap  func(*T, T) T
	cas   func(*T, T, T) bool
	add   func(*T, T) T
	and   func(*T, T) T
	or    func(*T, T) T
}

func (m *asMethods[T]) Load() T                        { return m.load(&m.word) }
func (m *asMethods[T]) Store(v T)                      { m.store(&m.word, v) }
func (m *asMethods[T]) Swap(v T) T                     { return m.swap(&m.word, v) }
func (m *asMethods[T]) CompareAndSwap(old, new T) bool { return m.cas(&m.word, old, new) }
func (m *asMethods[T]) Add(v T) T                      { return m.add(&m.word, v) }
func (m *asMethods[T]) And(v T) T                      { return m.and(&m.word, v) }
func (m *asMethods[T]) Or(v T) T                       { return m.or(&m.word, v) }

func TestFunctions(t *testing.T) {
	for name, f := range map[string]func() string{
		"Int32": func() string {
			return operations(&asMethods[int32]{0, atomic.LoadInt32, atomic.StoreInt32, atomic.SwapInt32,
				atomic.CompareAndSwapInt32, atomic.AddInt32, atomic.AndInt32, atomic.OrInt32})
		},
		"Int64": func() string {
			return operations(&asMethods[int64]{0, atomic.LoadInt64, atomic.StoreInt64, atomic.SwapInt64,
				atomic.CompareAndSwapInt64, atomic.AddInt64, atomic.AndInt64, atomic.OrInt64})
		},
		"Uint32": func() string {
			return operations(&asMethods[uint32]{0, atomic.LoadUint32, atomic.StoreUint32, atomic.SwapUint32,
				atomic.CompareAndSwapUint32, atomic.AddUint32, atomic.AndUint32, atomic.OrUint32})
		},
		"Uint64": func() string {
			return operations(&asMethods[uint64]{0, atomic.LoadUint64, atomic.StoreUint64, atomic.SwapUint64,
				atomic.CompareAndSwapUint64, atomic.AddUint64, atomic.AndUint64, atomic.OrUint64})
		},
		"Uintptr": func() string {
			return operations(&asMethods[uintptr]{0, atomic.LoadUintptr, atomic.StoreUintptr,
				atomic.SwapUintptr, atomic.CompareAndSwapUintptr, atomic.AddUintptr, atomic.AndUintptr,
				atomic.OrUintptr})
		},
	} {
		x := schedtest.PlayScript(t, nil, func() {
			if got := f(); got != wantOperations {
				t.Errorf("%s: %s, want %s", name, got, wantOperations)
			}
		})
		mustSteps(t, name, x)
	}
}

func TestOtherTypes(t *testing.T) {
	a, b := new(int), new(int)
	program := func() {
		var flag atomic.Bool
		flag.Store(true)
		if !flag.Load() || !flag.Swap(false) || flag.CompareAndSwap(true, true) {
			t.Error("a Bool does not hold its value")
		}
		var p atomic.Pointer[int]
		p.Store(a)
		if p.Load() != a || p.Swap(b) != a || p.CompareAndSwap(a, nil) || !p.CompareAndSwap(b, a) {
			t.Error("a Pointer does not hold its value")
		}
		var v atomic.Value
		if v.Load() != nil || v.Swap("x") != nil || !v.CompareAndSwap("x", "y") || v.Load() != "y" {
			t.Error("a Value does not hold its value")
		}
		v.Store("z")
		var u unsafe.Pointer
		atomic.StorePointer(&u, unsafe.Pointer(a))
		if atomic.LoadPointer(&u) != unsafe.Pointer(a) ||
			!atomic.CompareAndSwapPointer(&u, unsafe.Pointer(a), nil) ||
			atomic.SwapPointer(&u, unsafe.Pointer(b)) != nil {
			t.Error("a word with a pointer does not hold its value")
		}
	}
	x := schedtest.PlayScript(t, nil, program)
	schedtest.MustEnd(t, x, schedrt.Passed)
	if n := len(x.Trace.Steps); n != 4+5+5+4 {
		t.Errorf("%d steps, want one for each of 18 operations", n)
	}
	program()
}

func TestSizesOfAtomics(t *testing.T) {
	for name, sizes := range map[string][2]uintptr{
		"Bool":    {unsafe.Sizeof(atomic.Bool{}), unsafe.Sizeof(real.Bool{})},
		"Int32":   {unsafe.Sizeof(atomic.Int32{}), unsafe.Sizeof(real.Int32{})},
		"Int64":   {unsafe.Sizeof(atomic.Int64{}), unsafe.Sizeof(real.Int64{})},
		"Pointer": {unsafe.Sizeof(atomic.Pointer[int]{}), unsafe.Sizeof(real.Pointer[int]{})},
		"Value":   {unsafe.Sizeof(atomic.Value{}), unsafe.Sizeof(real.Value{})},
	} {
		if sizes[0] != sizes[1] {
			t.Errorf("%s has %d bytes, the real one %d", name, sizes[0], sizes[1])
		}
	}
}

// Add is one step and Load with Store are two: only the second loses an update.
func TestAddIsOneStep(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		var n atomic.Int64
		schedrt.Go(func() { n.Add(1) })
		n.Add(1)
		schedrt.AwaitRest(1)
		fmt.Fprint(seen, n.Load())
	})
	schedtest.MustResult(t, got, map[string]int{"passed 2": 2})
}

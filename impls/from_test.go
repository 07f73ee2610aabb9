package impls_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/semabench/semabench/impls"
)

// ExampleFrom makes an Impl of a limiter that takes one permit at a time, by an ordinary constructor.
func ExampleFrom() {
	impl, err := impls.From("slots", func(size int) slots { return make(slots, size) })
	fmt.Println(err, impl.UnitWeights, impl.NoTry)
	_, err = impls.From("slots", func(size int) chan bool { return nil })
	fmt.Println(err)
	// Output:
	// <nil> true true
	// chan bool has no Acquire(context.Context, int64) error; it has no TryAcquire(int64) bool; it has no Release(int64)
}

// pointed has its methods on the pointer alone.
type pointed struct{ impls.Semaphore }

func (p *pointed) Acquire(ctx context.Context, n int64) error { return p.Semaphore.Acquire(ctx, n) }

type intWeights struct{ impls.Semaphore }

func (intWeights) Release(n int) {}

type size uint8

func cond(n int64) impls.Semaphore { return impls.All()[0].New(n) }

func TestFrom(t *testing.T) {
	for name, test := range map[string]struct {
		construct any
		unit, try bool
		max       int64
	}{
		"int64":           {cond, false, true, 0},
		"int":             {func(n int) impls.Semaphore { return cond(int64(n)) }, false, true, 0},
		"own type":        {func(n size) *pointed { return &pointed{cond(int64(n))} }, false, true, 255},
		"int32, error":    {func(n int32) (impls.Semaphore, error) { return cond(int64(n)), nil }, false, true, math.MaxInt32},
		"options":         {func(n uint, more ...string) impls.Semaphore { return cond(int64(n)) }, false, true, 0},
		"unit":            {func(n int64) slots { return make(slots, n) }, true, false, 0},
		"unit that tries": {func(n int64) tryingSlots { return tryingSlots{make(slots, n)} }, true, true, 0},
	} {
		impl, err := impls.From("mine", test.construct)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sem, err := impl.Make(1)
		if err != nil || impl.Validate() != nil || impl.UnitWeights != test.unit || impl.NoTry == test.try || impl.MaxSize != test.max {
			t.Errorf("%s: %+v, %v", name, impl, err)
			continue
		}
		if err := sem.Acquire(t.Context(), 1); err != nil || test.try && sem.TryAcquire(1) {
			t.Errorf("%s: the only permit was granted twice, or never (%v)", name, err)
		}
		sem.Release(1)
	}
}

// Each refusal names what is missing. A constructor that fails, or has no size to give, panics in New.
func TestFromRefuses(t *testing.T) {
	for want, construct := range map[string]any{
		"want a function": 3,
		"want one whole":  func(s string) impls.Semaphore { return nil },
		"the size, and it is func() impls.Semaphore": func() impls.Semaphore { return nil },
		"want one result":                       func(n int) {},
		"or one and an error":                   func(n int) (impls.Semaphore, bool) { return nil, false },
		"has Release(int), want Release(int64)": func(n int) intWeights { return intWeights{} },
		"return a pointer":                      func(n int) onlyPointed { return onlyPointed{} },
	} {
		if _, err := impls.From("mine", construct); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%T: %v, want %q", construct, err, want)
		}
	}
	for _, construct := range []any{
		func(n int) (impls.Semaphore, error) { return nil, errors.New("no") },
		func(n uint) impls.Semaphore { return cond(int64(n)) },
		func(n int) *pointed { return nil },
	} {
		impl, err := impls.From("mine", construct)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := impl.Make(-1); err == nil {
			t.Errorf("%T makes a semaphore of size -1", construct)
		}
	}
}

type onlyPointed struct{}

func (*onlyPointed) Acquire(context.Context, int64) error { return nil }
func (*onlyPointed) TryAcquire(int64) bool                { return true }
func (*onlyPointed) Release(int64)                        {}

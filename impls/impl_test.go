package impls_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/sync/semaphore"

	"github.com/semabench/semabench/impls"
)

// The interface has the method set of semaphore.Weighted, so that type needs no wrapper.
var _ impls.Semaphore = (*semaphore.Weighted)(nil)

// Every entry of the table is valid, documented, and unique; its constructor rejects -1.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, impl := range impls.All() {
		if err := impl.Validate(); err != nil {
			t.Error(err)
		}
		if seen[impl.Name] {
			t.Errorf("two implementations are named %s", impl.Name)
		}
		seen[impl.Name] = true
		if impl.Doc == "" {
			t.Errorf("%s has no Doc", impl.Name)
		}
		if _, err := impl.Make(-1); err == nil {
			t.Errorf("%s: Make(-1) succeeded, want New's panic as an error", impl.Name)
		}
	}
}

// A name is valid if a benchmark name and a test pattern can carry it.
func TestValidate(t *testing.T) {
	construct := impls.All()[0].New
	for name, valid := range map[string]bool{
		"mine": true, "my-2.0_sem+": true, "größe": true,
		"": false, "a b": false, "a/b": false, "a=b": false, "a,b": false, "a\n": false,
	} {
		err := impls.Impl{Name: name, New: construct}.Validate()
		if valid != (err == nil) {
			t.Errorf("Validate of name %q = %v, want valid: %v", name, err, valid)
		}
	}
}

// A declared defect names a clause and says what happens instead.
func TestValidateDefects(t *testing.T) {
	for id, instead := range map[string]string{"": "x", "C10": "", "C0": "x", "over-release": "x"} {
		impl := impls.All()[0]
		impl.Defects = map[string]string{id: instead}
		if impl.Validate() == nil {
			t.Errorf("Validate accepts Defects[%q] = %q", id, instead)
		}
	}
	impl := impls.All()[0]
	impl.Defects = map[string]string{"C10": "Release blocks", "R1": "see C10"}
	if err := impl.Validate(); err != nil {
		t.Errorf("Validate of two good defects = %v", err)
	}
}

// Each declaration decides its own need and no other.
func TestNeedsFollowDeclarations(t *testing.T) {
	for name, change := range map[string]func(*impls.Impl){
		"no-burn":    func(i *impls.Impl) { i.Waits = impls.Spinning },
		"fifo":       func(i *impls.Impl) { i.Order, i.StarvationFree = impls.Unspecified, true },
		"no-defect":  func(i *impls.Impl) { i.OverRelease = impls.OverReleaseCorrupts },
		"weights":    func(i *impls.Impl) { i.UnitWeights = true },
		"production": func(i *impls.Impl) { i.Teaching = true },
	} {
		impl := impls.Impl{Name: "good", Order: impls.FIFO}
		change(&impl)
		for _, need := range impl.Needs() {
			if need.Met != (need.Name != name) || need.Met != (need.But == "") {
				t.Errorf("with %s broken: %+v", name, need)
			}
		}
	}
	barging := impls.Impl{Name: "barging", Order: impls.Barging}
	if need := barging.Needs()[1]; need.Name != "starvation-free" || need.Met {
		t.Errorf("barging: %+v, want that it may starve", need)
	}
	broken := impls.Impl{Name: "broken", OverRelease: impls.OverReleaseCorrupts,
		Defects: map[string]string{"C10": "blocks", "C11": "blocks"}}
	if need := broken.Needs()[2]; need.But != "breaks C10 C11" {
		t.Errorf("two defects: %+v", need)
	}
}

// Of takes a constructor that returns a concrete type, and Make rejects a nil of that type. A
// plain comparison with nil would not: an interface that holds a nil pointer is not nil.
func TestOf(t *testing.T) {
	weighted := impls.Of("weighted", semaphore.NewWeighted)
	if sem, err := weighted.Make(2); err != nil || !sem.TryAcquire(2) || sem.TryAcquire(1) {
		t.Errorf("Make(2) = %v, %v, want a semaphore of 2 permits", sem, err)
	}
	none := impls.Of("none", func(int64) *semaphore.Weighted { return nil })
	const want = "none: New(1) returned a nil"
	if _, err := none.Make(1); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Make = %v, want an error with %q", err, want)
	}
}

// Unit declares what a limiter cannot do, and refuses it.
func TestUnit(t *testing.T) {
	bare := impls.Unit("bare", func(size int64) slots { return make(slots, size) })
	if !bare.UnitWeights || !bare.NoTry || bare.Validate() != nil {
		t.Errorf("%+v, %v", bare, bare.Validate())
	}
	tries := impls.Unit("tries", func(size int64) tryingSlots { return tryingSlots{make(slots, size)} })
	if tries.NoTry {
		t.Error("TryAcquire of a limiter was not seen")
	}
	sem, err := tries.Make(2)
	if err != nil || sem.Acquire(context.Background(), 1) != nil || !sem.TryAcquire(1) || sem.TryAcquire(1) {
		t.Errorf("Make = %v, want a semaphore of two permits", err)
	}
	sem.Release(2)
	if !sem.TryAcquire(1) {
		t.Error("Release(2) gave nothing back")
	}
	for what, f := range map[string]func(){
		"Acquire(2)": func() { sem.Acquire(context.Background(), 2) }, "TryAcquire(0)": func() { sem.TryAcquire(0) },
		"Release(-1)": func() { sem.Release(-1) }, "New(-1)": func() { tries.New(-1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s did not panic", what)
				}
			}()
			f()
		}()
	}
	if _, err := bare.Make(-1); err == nil {
		t.Error("a negative size was taken")
	}
}

// closer has a Close that returns an error.
type closer struct {
	impls.Semaphore
	err error
}

func (c closer) Close() error { return c.err }

// silentCloser has a Close without a result.
type silentCloser struct {
	impls.Semaphore
	closed *bool
}

func (c silentCloser) Close() { *c.closed = true }

// Close accepts both forms of a method Close, and a semaphore without one.
func TestClose(t *testing.T) {
	sem := impls.All()[0].New(1)
	if err := impls.Close(sem); err != nil {
		t.Errorf("Close of a semaphore without the method = %v, want nil", err)
	}
	closed := false
	if err := impls.Close(silentCloser{sem, &closed}); err != nil || !closed {
		t.Errorf("Close = %v, method called: %v, want nil and true", err, closed)
	}
	want := errors.New("still in use")
	if err := impls.Close(closer{sem, want}); err != want {
		t.Errorf("Close = %v, want %v", err, want)
	}
}

package impls_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sync/semaphore"

	"github.com/semabench/semabench/impls"
)

// What fits the interface without a wrapper is the point of its method set.
var _ impls.Semaphore = (*semaphore.Weighted)(nil)

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

func TestValidate(t *testing.T) {
	construct := impls.All()[0].New
	for name, valid := range map[string]bool{
		"mine": true, "my-2.0_sem+": true, "größe": true,
		"": false, "a b": false, "a/b": false, "a=b": false, "a,b": false, "a\n": false,
	} {
		err := impls.Impl{Name: name, New: construct}.Validate()
		if valid != (err == nil) {
			t.Errorf("name %q: %v, want valid %v", name, err, valid)
		}
	}
}

// Of takes a constructor of a concrete type, and Make sees through its nil.
func TestOf(t *testing.T) {
	theirs := impls.Of("theirs", semaphore.NewWeighted)
	if sem, err := theirs.Make(2); err != nil || !sem.TryAcquire(2) || sem.TryAcquire(1) {
		t.Errorf("%v %v is not a semaphore of 2 permits", sem, err)
	}
	none := impls.Of("none", func(int64) *semaphore.Weighted { return nil })
	if _, err := none.Make(1); err == nil || !strings.Contains(err.Error(), "none: New(1) returned a nil") {
		t.Errorf("Make of a nil pointer: %v", err)
	}
}

type closer struct {
	impls.Semaphore
	err error
}

func (c closer) Close() error { return c.err }

type silentCloser struct {
	impls.Semaphore
	closed *bool
}

func (c silentCloser) Close() { *c.closed = true }

func TestClose(t *testing.T) {
	sem := impls.All()[0].New(1)
	if err := impls.Close(sem); err != nil {
		t.Errorf("Close of one without the method = %v, want nil", err)
	}
	closed := false
	if err := impls.Close(silentCloser{sem, &closed}); err != nil || !closed {
		t.Errorf("Close = %v, and its Close was called: %v", err, closed)
	}
	want := errors.New("still in use")
	if err := impls.Close(closer{sem, want}); err != want {
		t.Errorf("Close = %v, want %v", err, want)
	}
}

package testing

import (
	"context"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/context"
)

// An Outer is the testing.T of go test around a body that has a T of its own. A body may still use
// the testing.T, directly or through a helper: t.Errorf, require.Equal(t, …), t.Cleanup. For go
// test, one test lasts for all schedules. So without this type, a schedule that fails the testing.T
// would pass, and the test would fail without a schedule.
//
// The effects of a schedule on the testing.T are read from the fields of package testing, and
// undone before the next schedule. The fields are looked up by name and type. If a Go release has
// others, no schedule that fails the testing.T can be told from the next one, and a body that fails
// it is refused.
type Outer struct {
	t        *testing.T // nil if there is none to watch
	mu       *sync.RWMutex
	failed   *bool
	skipped  *bool
	output   *[]byte
	cleanups *[]func()
	first    int // cleanups from before the body
}

// Watch returns the Outer of a testing.T.
func Watch(t *testing.T) *Outer {
	common := reflect.ValueOf(t).Elem().FieldByName("common")
	o := &Outer{
		t: t, mu: field[sync.RWMutex](common, "mu"), failed: field[bool](common, "failed"),
		skipped: field[bool](common, "skipped"), output: field[[]byte](common, "output"),
		cleanups: field[[]func()](common, "cleanups"),
	}
	if o.known() {
		o.first = len(*o.cleanups)
	}
	return o
}

// field returns the address of a field, nil if the struct has none of this name and type.
func field[F any](s reflect.Value, name string) *F {
	if s.Kind() != reflect.Struct {
		return nil
	}
	f := s.FieldByName(name)
	if !f.IsValid() || f.Type() != reflect.TypeFor[F]() || !f.CanAddr() {
		return nil
	}
	return (*F)(unsafe.Pointer(f.UnsafeAddr()))
}

// known reports whether all fields were found.
func (o *Outer) known() bool {
	return o.mu != nil && o.failed != nil && o.skipped != nil && o.output != nil && o.cleanups != nil
}

// Reset undoes what the last schedule did. It is called outside of a schedule. Cleanups of a schedule that
// was cut off are dropped: its goroutines are gone, and so are the things to clean up.
func (o *Outer) Reset() {
	if !o.known() {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	*o.failed, *o.skipped, *o.output = false, false, nil
	*o.cleanups = (*o.cleanups)[:min(o.first, len(*o.cleanups))]
}

// Message returns what failed the testing.T in this schedule, "" if nothing did.
func (o *Outer) Message() string {
	if !o.known() {
		if o.t.Failed() {
			schedrt.Refuse("the testing.T around the body: use the T that the body gets")
		}
		return ""
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !*o.failed {
		return ""
	}
	var lines []string
	for line := range strings.Lines(string(*o.output)) {
		// The heading of a subtest has a time, and a number that counts its calls in all schedules.
		if strings.HasPrefix(strings.TrimSpace(line), "--- FAIL: ") {
			continue
		}
		lines = append(lines, strings.TrimPrefix(strings.TrimRight(line, "\n"), "    "))
	}
	if text := strings.TrimSpace(strings.Join(lines, "\n")); text != "" {
		return text
	}
	return o.t.Name() + ": failed"
}

// left reports whether the schedule has failed or skipped the testing.T, so that a Goexit is its
// FailNow or SkipNow.
func (o *Outer) left() (failed, skipped bool) {
	if !o.known() {
		return o.t.Failed(), o.t.Skipped()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return *o.failed, *o.skipped
}

// cleanUp calls the cleanups that the body has added, the last one first. The lock is free while one
// runs, since it may add another one.
func (o *Outer) cleanUp() {
	for o.known() {
		o.mu.Lock()
		last := len(*o.cleanups) - 1
		if last < o.first {
			o.mu.Unlock()
			return
		}
		f := (*o.cleanups)[last]
		*o.cleanups = (*o.cleanups)[:last]
		o.mu.Unlock()
		f()
	}
}

// RunOuterInBubble is synctest.Test for a testing.T of go test: f gets t itself. The cleanups that f adds
// run at the end of the bubble, and t.Context is a context of the bubble until then: a goroutine that
// waits for it would otherwise remain. If f fails t, so does the caller, by Goexit.
func RunOuterInBubble(t *testing.T, f func(*testing.T)) {
	o := Watch(t)
	common := reflect.ValueOf(t).Elem().FieldByName("common")
	current := field[context.Context](common, "ctx")
	if !o.known() || current == nil {
		schedrt.Refuse("testing/synctest.Test with the testing.T around the body: this Go release is not known")
	}
	saved := *current
	schedrt.RunInBubble(func() {
		ctx, cancel := shim.WithCancel(context.Background())
		*current = ctx
		defer o.cleanUp()
		defer cancel()
		f(t)
	})
	*current = saved
	if failed, skipped := o.left(); failed || skipped {
		runtime.Goexit()
	}
}

package explore_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

// A failure can be written as a page; a result without a failure returns an error.
func TestWriteHTML(t *testing.T) {
	r := explore.Check(t, explore.Options{}, count)
	var page strings.Builder
	err := r.WriteHTML(&page)
	for _, text := range []string{
		"goroutine 1 is preempted", "n.Store(n.Load() &#43; 1)", "-explore.schedule=x2.2",
	} {
		if err != nil || !strings.Contains(page.String(), text) {
			t.Errorf("%v, and the page does not say %q", err, text)
		}
	}
	right := &explore.Result{Verdict: explore.Pass}
	if err := right.WriteHTML(io.Discard); !errors.Is(err, explore.ErrNoSchedule) {
		t.Errorf("%v, want %v", err, explore.ErrNoSchedule)
	}
}

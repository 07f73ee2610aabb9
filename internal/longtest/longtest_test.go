package longtest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
)

// A recorder keeps the messages of a test. All its other methods come from a real test.
type recorder struct {
	testing.TB
	skipped, logged string
}

func (r *recorder) Helper() {}

func (r *recorder) Skipf(format string, args ...any) { r.skipped = fmt.Sprintf(format, args...) }
func (r *recorder) Logf(format string, args ...any)  { r.logged = fmt.Sprintf(format, args...) }

func TestLongTests(t *testing.T) {
	for value, long := range map[string]bool{"": false, "0": false, "1": true} {
		t.Setenv("SEMABENCH_LONG", value)
		r := &recorder{TB: t}
		longtest.Need(r, "TestShort")
		if skipped := strings.Contains(r.skipped, "SEMABENCH_LONG=1 runs it; see TestShort"); skipped == long {
			t.Errorf("%q: skipped with the reason %q", value, r.skipped)
		}
		want, log := 2, "2 programs; SEMABENCH_LONG=1 tries 9"
		if long {
			want, log = 9, ""
		}
		if got := longtest.Or(r, "programs", 9, 2); got != want || !strings.HasPrefix(r.logged, log) {
			t.Errorf("%q: Or returns %d and logs %q; want %d and %q", value, got, r.logged, want, log)
		}
	}
}

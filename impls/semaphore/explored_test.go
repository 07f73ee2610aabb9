//go:build race && !explored

package semaphore_test

import "testing"

// make test compiles these packages for the race detector only, and leaves the explorer out: its
// instrumented copy would take a minute of processor time. CI runs the tests in make test-race.
const explored = "plays every schedule, with an instrumented copy: make test-race runs it, and " +
	"go test -run '^%s$' without -race"

func TestResizeUnderEverySchedule(t *testing.T) { t.Skipf(explored, t.Name()) }
func TestEnumeratedResizes(t *testing.T)        { t.Skipf(explored, t.Name()) }
func TestEnumeratedAtRandom(t *testing.T)       { t.Skipf(explored, t.Name()) }
func TestEnumeratedProgramsRefute(t *testing.T) { t.Skipf(explored, t.Name()) }
func TestEnumeratedReuse(t *testing.T)          { t.Skipf(explored, t.Name()) }
func TestWrongResizeFails(t *testing.T)         { t.Skipf(explored, t.Name()) }
func TestBypassThenHandOff(t *testing.T)        { t.Skipf(explored, t.Name()) }

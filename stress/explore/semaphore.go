package explore

import (
	"fmt"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/internal/semaphore"
)

// Semaphore plays small programs on a semaphore under every schedule, or as many as the flags allow,
// and compares each history with the contract in package impls. It fails t if one breaks it.
func Semaphore(t *testing.T, impl impls.Impl) {
	t.Helper()
	tell(t, CheckSemaphore(t, flagOptions(), impl))
}

// CheckSemaphore is Semaphore with options of its own. It returns the result instead of failing t.
func CheckSemaphore(t *testing.T, o Options, impl impls.Impl) *Result {
	t.Helper()
	if err := impl.Validate(); err != nil {
		t.Fatal(err)
	}
	return explore(t, o, func(o Options) ([]program, error) { return semaphorePrograms(impl, o) })
}

// semaphorePrograms returns the scenarios to play, as programs for the explorer.
func semaphorePrograms(impl impls.Impl, o Options) ([]program, error) {
	scenarios, err := semaphore.Programs(impl, o.Scenario)
	if err != nil {
		return nil, err
	}
	var programs []program
	for _, s := range scenarios {
		programs = append(programs, program{
			name:    s.Text(),
			subject: impl.Name,
			flag:    fmt.Sprintf("-explore.scenario='%s' ", s.Text()),
			ready:   s.Ready,
			play:    s.Play,
			judge:   s.Judge,
			history: s.History,
		})
	}
	return programs, nil
}

package explore

import (
	"fmt"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/internal/player"
	"github.com/semabench/semabench/stress/explore/internal/semaphore"
)

// Semaphore plays small programs on a semaphore under every schedule, or as many as the flags
// allow, and compares each history with the contract in package impls. It fails t if one breaks it.
func Semaphore(t *testing.T, impl impls.Impl) {
	t.Helper()
	report(t, CheckSemaphore(t, flagOptions(), impl))
}

// CheckSemaphore is Semaphore with options of its own. It returns the result instead of failing t.
func CheckSemaphore(t *testing.T, o Options, impl impls.Impl) *Result {
	t.Helper()
	if err := impl.Validate(); err != nil {
		t.Fatal(err)
	}
	return explore(t, o, func(o Options) ([]player.Program, error) {
		return semaphorePrograms(impl, o)
	})
}

// semaphorePrograms returns the scenarios to play, as programs for the explorer.
func semaphorePrograms(impl impls.Impl, o Options) ([]player.Program, error) {
	scenarios, err := semaphore.Programs(impl, o.Scenario)
	if err != nil {
		return nil, err
	}
	var programs []player.Program
	for _, s := range scenarios {
		programs = append(programs, player.Program{
			Name:    s.Text(),
			Subject: impl.Name,
			Flag:    fmt.Sprintf("-explore.scenario='%s' ", s.Text()),
			Ready:   s.Ready,
			Play:    s.Play,
			Judge:   s.Judge,
			History: s.History,
		})
	}
	return programs, nil
}

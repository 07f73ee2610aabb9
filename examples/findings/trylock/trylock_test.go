package trylock_test

import (
	"testing"

	"github.com/subchen/go-trylock/v2"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// Each of two goroutines locks and unlocks once.
func TestLockWaitsForEver(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		mu := trylock.New()
		done := make(chan bool)
		go func() {
			mu.Lock()
			mu.Unlock() //lint:ignore SA2001 the pair of calls is the subject
			close(done)
		}()
		mu.Lock()
		mu.Unlock() //lint:ignore SA2001 the pair of calls is the subject
		<-done
	}, "deadlock", "trylock.go:94")
}

// The same for a reader that a writer keeps out.
func TestRLockWaitsForEver(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		mu := trylock.New()
		mu.Lock()
		done := make(chan bool)
		go func() {
			mu.RLock()
			mu.RUnlock() //lint:ignore SA2001 the pair of calls is the subject
			close(done)
		}()
		mu.Unlock()
		<-done
	}, "deadlock", "trylock.go:122")
}

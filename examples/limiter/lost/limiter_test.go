//go:build lost

package lost

import (
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore"
)

// The test fails: that is its purpose.
func TestSchedules(t *testing.T) { explore.Semaphore(t, impls.Of("limiter", New)) }

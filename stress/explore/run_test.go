package explore_test

import (
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore"
)

func TestImplementations(t *testing.T) {
	for _, impl := range impls.All() {
		t.Run(impl.Name, func(t *testing.T) { explore.Semaphore(t, impl) })
	}
}

package stress_test

import (
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress"
)

func TestImplementations(t *testing.T) {
	for _, impl := range impls.All() {
		t.Run(impl.Name, func(t *testing.T) { stress.Run(t, impl) })
	}
}

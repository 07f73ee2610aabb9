package goccm_test

import (
	"testing"

	"github.com/zenthangplus/goccm"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// The last Done comes before WaitAllDone.
func TestGoccmWaitsForNothing(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		c := goccm.New(1)
		c.Wait()
		go c.Done()
		c.WaitAllDone()
	}, "deadlock", "goccm.go")
}

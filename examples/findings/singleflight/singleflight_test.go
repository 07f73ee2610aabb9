package singleflight_test

import (
	"testing"

	"github.com/golang/groupcache/singleflight"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// A function panics, and its caller recovers, as an HTTP server does. The next call must not wait.
func TestSingleflightKeepsAPanickedCall(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		var g singleflight.Group
		func() {
			defer func() { _ = recover() }()
			_, _ = g.Do("key", func() (any, error) { panic("no value today") })
		}()
		_, _ = g.Do("key", func() (any, error) { return 1, nil })
	}, "deadlock", "c.wg.Wait()")
}

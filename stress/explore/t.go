package explore

import "github.com/semabench/semabench/stress/explore/shim/testing"

// A T is the testing.T of one schedule: what it is told to fail is that schedule, and what it logs is
// shown with the schedule that fails. Its subtests, parallel ones too, and its cleanups are parts of
// the schedule.
type T = testing.T

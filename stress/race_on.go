//go:build race

package stress

import "runtime"

// raceErrors counts the data races that the detector has reported in this process so far.
func raceErrors() int { return runtime.RaceErrors() }

const raceEnabled = true

//go:build race

package race

import "runtime"

// Enabled reports whether this binary was built with -race.
const Enabled = true

// Errors returns how many data races the detector has reported in this process so far. It is always
// 0 without the detector.
func Errors() int { return runtime.RaceErrors() }

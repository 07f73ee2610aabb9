//go:build race

package schedrt

import (
	"runtime"
	"unsafe"
)

// RaceEnabled reports whether this binary has the race detector. The package doc says how the
// package keeps it right.
const RaceEnabled = true

// RaceErrors counts the data races that the detector has reported in this process.
func RaceErrors() int { return runtime.RaceErrors() }

func raceDisable()                      { runtime.RaceDisable() }
func raceEnable()                       { runtime.RaceEnable() }
func raceAcquire(p unsafe.Pointer)      { runtime.RaceAcquire(p) }
func raceRelease(p unsafe.Pointer)      { runtime.RaceRelease(p) }
func raceReleaseMerge(p unsafe.Pointer) { runtime.RaceReleaseMerge(p) }

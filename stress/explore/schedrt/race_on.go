//go:build race

package schedrt

import (
	"runtime"
	"unsafe"
)

// RaceErrors counts the data races that were reported in this process.
func RaceErrors() int { return runtime.RaceErrors() }

// RaceEnabled reports whether this binary has the race detector.
const RaceEnabled = true

func raceDisable()                      { runtime.RaceDisable() }
func raceEnable()                       { runtime.RaceEnable() }
func raceAcquire(p unsafe.Pointer)      { runtime.RaceAcquire(p) }
func raceRelease(p unsafe.Pointer)      { runtime.RaceRelease(p) }
func raceReleaseMerge(p unsafe.Pointer) { runtime.RaceReleaseMerge(p) }

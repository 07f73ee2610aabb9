//go:build !race

package schedrt

import "unsafe"

// RaceErrors counts the data races that were reported in this process.
func RaceErrors() int { return 0 }

// RaceEnabled reports whether this binary has the race detector.
const RaceEnabled = false

func raceDisable()                    {}
func raceEnable()                     {}
func raceAcquire(unsafe.Pointer)      {}
func raceRelease(unsafe.Pointer)      {}
func raceReleaseMerge(unsafe.Pointer) {}

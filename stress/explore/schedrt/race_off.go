//go:build !race

package schedrt

import "unsafe"

// RaceEnabled reports whether this binary has the race detector.
const RaceEnabled = false

// RaceErrors counts the data races that the detector has reported in this process: none without it.
func RaceErrors() int { return 0 }

// NoteRead says that the caller reads b, for code that the detector does not watch.
func NoteRead([]byte) {}

// NoteWrite says that the caller writes b, for code that the detector does not watch.
func NoteWrite([]byte) {}

func raceDisable()                    {}
func raceEnable()                     {}
func raceAcquire(unsafe.Pointer)      {}
func raceRelease(unsafe.Pointer)      {}
func raceReleaseMerge(unsafe.Pointer) {}

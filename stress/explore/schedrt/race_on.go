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

// NoteRead says that the caller reads b, for code that the detector does not watch.
func NoteRead(b []byte) {
	if len(b) > 0 {
		runtime.RaceReadRange(unsafe.Pointer(&b[0]), len(b))
	}
}

// NoteWrite says that the caller writes b, for code that the detector does not watch.
func NoteWrite(b []byte) {
	if len(b) > 0 {
		runtime.RaceWriteRange(unsafe.Pointer(&b[0]), len(b))
	}
}

func raceDisable()                      { runtime.RaceDisable() }
func raceEnable()                       { runtime.RaceEnable() }
func raceAcquire(p unsafe.Pointer)      { runtime.RaceAcquire(p) }
func raceRelease(p unsafe.Pointer)      { runtime.RaceRelease(p) }
func raceReleaseMerge(p unsafe.Pointer) { runtime.RaceReleaseMerge(p) }

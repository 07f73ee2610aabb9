//go:build !race

package sched

import "unsafe"

// RaceErrors counts the data races that were reported in this process.
func RaceErrors() int { return 0 }

// Raced reports whether this binary has the race detector.
const Raced = false

func raceDisable()                    {}
func raceEnable()                     {}
func raceAcquire(unsafe.Pointer)      {}
func raceRelease(unsafe.Pointer)      {}
func raceReleaseMerge(unsafe.Pointer) {}

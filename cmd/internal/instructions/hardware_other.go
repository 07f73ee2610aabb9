//go:build !linux

package instructions

// findHardware finds no counters: other systems have no perf_event_open.
func findHardware() (Meter, error) { return nil, errElsewhere }

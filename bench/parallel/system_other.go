//go:build !linux

package parallel

import (
	"os"
	"time"
)

// sharedClock returns the time of day, the only clock of the standard library that processes share.
// If the clock is set during a sample, tasks may seem to overlap that did not.
func sharedClock() int64 { return time.Now().UnixNano() }

// findReadMethod returns cached: outside Linux this package does not bypass the page cache.
func findReadMethod(string) (readMethod, error) { return cached, nil }

// openForReading opens the file as it is, and dropFromCache does nothing: reads may come from
// the cache, as findReadMethod says.
func openForReading(file inputFile) (*os.File, error) { return os.Open(file.Path) }

func dropFromCache(*os.File, int64, readMethod) error { return nil }

func alignedBlock() ([]byte, error) { return make([]byte, blockBytes), nil }

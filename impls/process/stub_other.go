//go:build !linux

package process

import "os"

// This file replaces slots and jobservers on systems other than Linux: every constructor returns an
// error.

// MaxSlots is the largest size of slots, in permits.
const MaxSlots = 1 << 16

// Slots exists on Linux only.
type Slots struct{ unavailable }

const needsFutex = "futex(2) and pidfd_open(2)"

// NewSlots returns an error on this system.
func NewSlots(int64) (*Slots, error) { return nil, errMissing("slots", needsFutex) }

// OpenSlots returns an error on this system.
func OpenSlots(string, int64) (*Slots, error) { return nil, errMissing("slots", needsFutex) }

// InheritSlots returns an error on this system.
func InheritSlots(*os.File) (*Slots, error) { return nil, errMissing("slots", needsFutex) }

// File returns nil.
func (*Slots) File() *os.File { return nil }

// MaxTokens is the largest size of a jobserver, in permits.
const MaxTokens = 4096

// Jobserver exists on Linux only.
type Jobserver struct{ unavailable }

const needsReopen = "pipes that can be opened again through /proc"

// NewJobserver returns an error on this system.
func NewJobserver(int64) (*Jobserver, error) { return nil, errMissing("jobservers", needsReopen) }

// ServeJobserver returns an error on this system.
func ServeJobserver(string, int64) (*Jobserver, error) {
	return nil, errMissing("jobservers", needsReopen)
}

// JoinJobserver returns an error on this system. If makeflags names no jobserver, the error says
// so.
func JoinJobserver(makeflags string) (*Jobserver, error) {
	if _, err := parseMakeflags(makeflags); err != nil {
		return nil, err
	}
	return nil, errMissing("jobservers", needsReopen)
}

// Auth returns "".
func (*Jobserver) Auth() string { return "" }

// Files returns no files.
func (*Jobserver) Files() ([]*os.File, error) { return nil, nil }

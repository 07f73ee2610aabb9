//go:build !linux

package process

import "os"

// What needs Linux, elsewhere: types whose constructors say what is missing.

// MaxSlots is the largest size of slots.
const MaxSlots = 1 << 16

// Slots exist on Linux only.
type Slots struct{ unmade }

const futexes = "futex(2) and pidfd_open(2)"

// NewSlots returns an error.
func NewSlots(int64) (*Slots, error) { return nil, missing("slots", futexes) }

// OpenSlots returns an error.
func OpenSlots(string, int64) (*Slots, error) { return nil, missing("slots", futexes) }

// InheritSlots returns an error.
func InheritSlots(*os.File) (*Slots, error) { return nil, missing("slots", futexes) }

// File returns nil.
func (*Slots) File() *os.File { return nil }

// MaxTokens is the largest size of a jobserver.
const MaxTokens = 4096

// Jobserver exists on Linux only.
type Jobserver struct{ unmade }

const reopening = "pipes that can be opened again through /proc"

// NewJobserver returns an error.
func NewJobserver(int64) (*Jobserver, error) { return nil, missing("jobservers", reopening) }

// ServeJobserver returns an error.
func ServeJobserver(string, int64) (*Jobserver, error) {
	return nil, missing("jobservers", reopening)
}

// JoinJobserver returns an error.
func JoinJobserver(makeflags string) (*Jobserver, error) {
	if _, err := parseMakeflags(makeflags); err != nil {
		return nil, err
	}
	return nil, missing("jobservers", reopening)
}

// Auth returns nothing.
func (*Jobserver) Auth() string { return "" }

// Files returns nothing.
func (*Jobserver) Files() ([]*os.File, error) { return nil, nil }

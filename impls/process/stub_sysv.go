//go:build !linux || !(amd64 || arm64 || loong64 || riscv64)

package process

import (
	"fmt"
	"runtime"
)

// This file stands in for System V semaphores on systems that lack them. It also holds the parts
// that it shares with stub_other.go.

// errMissing is the error of a constructor on a system without the mechanism.
func errMissing(mechanism, needs string) error {
	return fmt.Errorf("process: %s need %s, which %s/%s does not have: use the broker",
		mechanism, needs, runtime.GOOS, runtime.GOARCH)
}

// unavailable provides the methods of the mechanisms that this system lacks. No value of these
// types exists, because their constructors return an error.
type unavailable struct{ localQueue }

// Release panics: no permit can be held.
func (*unavailable) Release(int64) { panic(overRelease) }

// Close does nothing.
func (*unavailable) Close() error { return nil }

// MaxSysV is the largest size of a System V semaphore, in permits.
const MaxSysV = 32767

// SysV exists on 64-bit Linux only.
type SysV struct{ unavailable }

func errMissingSysV() error {
	return errMissing("System V semaphores", "semtimedop(2) as 64-bit Linux has it")
}

// NewSysV returns an error on this system.
func NewSysV(int64) (*SysV, error) { return nil, errMissingSysV() }

// JoinSysV returns an error on this system.
func JoinSysV(int) (*SysV, error) { return nil, errMissingSysV() }

// OpenSysV returns an error on this system.
func OpenSysV(string, int64) (*SysV, error) { return nil, errMissingSysV() }

// RemoveSysV returns an error on this system.
func RemoveSysV(string) error { return errMissingSysV() }

// ID returns -1.
func (*SysV) ID() int { return -1 }

//go:build !linux || !(amd64 || arm64 || loong64 || riscv64)

package process

import (
	"fmt"
	"runtime"
)

// missing is the error of a constructor where a mechanism is not.
func missing(mechanism, needs string) error {
	return fmt.Errorf("process: %s need %s, which %s/%s does not have: use the broker",
		mechanism, needs, runtime.GOOS, runtime.GOARCH)
}

// unmade is what those types are elsewhere that need Linux: there are never values of them.
type unmade struct{ funnel }

// Release panics: nothing can be held.
func (*unmade) Release(int64) { panic(overRelease) }

// Close does nothing.
func (*unmade) Close() error { return nil }

// MaxSysV is the largest size of a System V semaphore.
const MaxSysV = 32767

// SysV exists on Linux only.
type SysV struct{ unmade }

func missingSysV() error {
	return missing("System V semaphores", "semtimedop(2) as 64-bit Linux has it")
}

// NewSysV returns an error.
func NewSysV(int64) (*SysV, error) { return nil, missingSysV() }

// JoinSysV returns an error.
func JoinSysV(int) (*SysV, error) { return nil, missingSysV() }

// OpenSysV returns an error.
func OpenSysV(string, int64) (*SysV, error) { return nil, missingSysV() }

// RemoveSysV returns an error.
func RemoveSysV(string) error { return missingSysV() }

// ID returns -1.
func (*SysV) ID() int { return -1 }

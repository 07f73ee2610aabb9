// Package syscall stands for the functions of the standard package syscall that name processes, in
// rewritten code.
//
//	syscall.Kill(syscall.Getpid(), syscall.SIGTERM) // comes to the program's own signal.Notify
//
// # What this does not show
//
// Under control the only process is the program's own. All other functions of package syscall are refused.
package syscall

import "github.com/semabench/semabench/stress/explore/shim/os"

// Getpid is syscall.Getpid.
func Getpid() int { return os.Getpid() }

// Getppid is syscall.Getppid.
func Getppid() int { return os.Getppid() }

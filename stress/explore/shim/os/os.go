// Package os stands for the functions of the standard package os that use the environment of the
// process, or files, in rewritten code.
//
//	os.Setenv("HOME", dir) // a step, as other goroutines may read the environment
//
// Under control each call is one step on the environment as a whole, or on all files. Each schedule begins with the
// environment that the first schedule had, and with an empty folder for its files.
//
// # What this does not show
//
// Code of the standard library reads the environment, and uses files, without a step. The times of
// files are real. A link in the folder of the schedule may lead out of it.
package os

import (
	"os"
	"strings"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// environment is the object of all steps.
var environment schedrt.Object

// initial is the environment of the first schedule.
var initial []string

// dirty says that a schedule has changed the environment since it was restored.
var dirty bool

func init() { schedrt.AtBegin(restore) }

// restore gives a schedule the environment of the first one.
//
//go:norace
func restore() {
	if initial == nil {
		initial = os.Environ()
	}
	if !dirty {
		return
	}
	dirty = false
	os.Clearenv()
	for _, entry := range initial {
		name, value, _ := strings.Cut(entry, "=")
		os.Setenv(name, value)
	}
}

// markDirty is hidden from the race detector, as the goroutines of a schedule share dirty.
//
//go:norace
func markDirty() { dirty = true }

// read performs f as a step that reads the environment.
func read(f func()) {
	if !schedrt.Controlled() {
		f()
		return
	}
	schedrt.Do(schedrt.OpGetenv, func() bool { f(); return false },
		schedrt.Touch{Object: &environment, Mode: schedrt.Read})
}

// write performs f as a step that changes the environment.
func write(f func()) {
	if !schedrt.Controlled() {
		f()
		return
	}
	schedrt.Do(schedrt.OpSetenv, func() bool { markDirty(); f(); return true },
		schedrt.Touch{Object: &environment, Mode: schedrt.Write})
}

// Getenv is os.Getenv.
func Getenv(key string) (value string) {
	read(func() { value = os.Getenv(key) })
	return value
}

// LookupEnv is os.LookupEnv.
func LookupEnv(key string) (value string, ok bool) {
	read(func() { value, ok = os.LookupEnv(key) })
	return value, ok
}

// Environ is os.Environ.
func Environ() (all []string) {
	read(func() { all = os.Environ() })
	return all
}

// ExpandEnv is os.ExpandEnv.
func ExpandEnv(s string) (expanded string) {
	read(func() { expanded = os.ExpandEnv(s) })
	return expanded
}

// Setenv is os.Setenv.
func Setenv(key, value string) (err error) {
	write(func() { err = os.Setenv(key, value) })
	return err
}

// Unsetenv is os.Unsetenv.
func Unsetenv(key string) (err error) {
	write(func() { err = os.Unsetenv(key) })
	return err
}

// Clearenv is os.Clearenv.
func Clearenv() { write(os.Clearenv) }

// process is the process ID under control, and parent is the one of the process that started it. Both
// are always the same: a program that derives a name, a seed or a shard from its process ID then plays
// one schedule alike in every process. The calls under control that take a process ID take this one.
const process, parent = 4321, 4320

// Getpid is os.Getpid.
func Getpid() int {
	if schedrt.Controlled() {
		return process
	}
	return os.Getpid()
}

// Getppid is os.Getppid.
func Getppid() int {
	if schedrt.Controlled() {
		return parent
	}
	return os.Getppid()
}

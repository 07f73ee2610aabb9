// Package rusage reads the resources that processes have used: processor time, context switches and
// memory.
//
//	before := rusage.Self()
//	work()
//	fmt.Println(rusage.Self().Minus(before).CPU())
//
// # What this does not show
//
// The numbers belong to whole processes. The Go runtime's own threads count as well, so a garbage
// collection during the work is part of the difference. Windows counts no context switches, and
// only Linux reports the peak of memory.
package rusage

import (
	"os"
	"time"
)

// A Usage adds up the resources of one or several processes. Its JSON form travels from child
// processes to their parent.
type Usage struct {
	User, System time.Duration // processor time outside and inside the kernel

	// Voluntary counts the times that a thread gave up its core to wait. Involuntary counts the
	// times that the scheduler of the kernel took the core away. Both are negative where the
	// system does not count them.
	Voluntary, Involuntary int64
}

// CPU returns the processor time in all.
func (u Usage) CPU() time.Duration { return u.User + u.System }

// Plus returns the sum of two usages.
func (u Usage) Plus(v Usage) Usage {
	return Usage{u.User + v.User, u.System + v.System,
		sum(u.Voluntary, v.Voluntary), sum(u.Involuntary, v.Involuntary)}
}

// Minus returns the usage since v, an earlier reading of the same processes.
func (u Usage) Minus(v Usage) Usage {
	return Usage{u.User - v.User, u.System - v.System,
		difference(u.Voluntary, v.Voluntary), difference(u.Involuntary, v.Involuntary)}
}

// uncounted stands for a number of context switches that the system does not count.
const uncounted = -1

// sum and difference return uncounted if one side is: -1 minus -1 would be a count of 0.
func sum(a, b int64) int64 {
	if a < 0 || b < 0 {
		return uncounted
	}
	return a + b
}

func difference(a, b int64) int64 {
	if a < 0 || b < 0 {
		return uncounted
	}
	return a - b
}

// OfChild returns the usage of a child process that has ended and been waited for. It includes
// the descendants that the child itself has waited for.
func OfChild(ended *os.ProcessState) Usage {
	u := Usage{User: ended.UserTime(), System: ended.SystemTime()}
	u.Voluntary, u.Involuntary = switchesOfChild(ended)
	return u
}

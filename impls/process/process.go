// Package process holds semaphores that several processes of one machine share. They implement the
// interface of package impls, keep its contract, and add Close.
//
//	sem, err := process.OpenSlots("/dev/shm/encoders", 2) // the same call in every process
//	if err != nil {
//		return err
//	}
//	defer sem.Close()
//	if err := sem.Acquire(ctx, 1); err != nil {
//		return err
//	}
//	encode()
//	sem.Release(1)
//
// There are four mechanisms, as none is best at everything:
//
//	slots      words in mapped memory and a futex   fastest; reclaims permits of killed processes
//	jobserver  tokens in a pipe or fifo             shares the job slots of make, cargo and ninja
//	sysv       System V semaphores with SEM_UNDO    the kernel reclaims permits of dead processes
//	broker     a process that owns the permits      one FIFO queue for all processes
//
// # Common to all mechanisms
//
// A permit belongs to the process that acquired it. Any goroutine of that process may release it,
// and no other process may. Release panics if the process holds fewer permits than it releases,
// and then changes nothing.
//
// Goroutines of one process wait in a local FIFO queue, and one goroutine waits in the kernel
// for all of them. So a thousand waiting goroutines cost one thread or none. A goroutine whose
// ctx is done leaves the queue at once, whatever the kernel does meanwhile. Close ends the use
// of a semaphore by this process and gives back what the process holds. No other call may be
// running during Close.
//
// Release passes permits straight to the next waiter of its own process, without the kernel. After
// 16 of these handoffs in a row it frees the permits for other processes.
//
// Failures between processes are errors that name the path and the fact: a file of another
// mechanism or size, a truncated file, a file of an earlier boot, a server that has ended. Acquire
// then returns an error that is not ctx.Err(). [Broken] is the type of these errors.
//
// # What this does not show
//
// Processes that share slots must trust each other: a process that may write the file can take
// every permit. Only Linux has all four mechanisms, and System V semaphores need Linux on 64 bits.
// The broker works on every system; elsewhere the other constructors return an error that names the
// missing system call.
//
// The queue is FIFO within a process. Between processes only the broker has a queue. With the other
// mechanisms a woken process competes with processes that arrive meanwhile, and the limit of 16
// handoffs is the only measure for fairness. BenchmarkFourProcesses lets four processes
// compete for one permit all the time, and divides the throughput of the slowest process by the
// throughput of the fastest. Seven runs on a busy machine of two cores gave:
//
//	broker     0.87 to 1.00, median 0.97
//	slots      0.75 to 0.94, median 0.92
//	sysv       0.63 to 0.92, median 0.87
//	jobserver  0.33 to 0.58, median 0.38: a token wakes every process, and the quickest reads it
package process

import (
	"io"

	"github.com/semabench/semabench/impls"
)

// A Semaphore is an [impls.Semaphore] that this process shares with others until Close. Close must
// be the last call, and no other call may be running then.
type Semaphore interface {
	impls.Semaphore
	io.Closer
}

// All returns every mechanism of this package, for stress.Run and bench.Run. New makes a semaphore
// without a name, which other processes can only inherit. On a system without the mechanism, New
// panics with an error that names what is missing; [impls.Impl.Make] returns that error.
//
// Only the broker declares FIFO: the other mechanisms queue within each process, not between
// processes.
func All() []impls.Impl {
	return []impls.Impl{
		{
			Name:    "slots",
			Doc:     "a word of shared memory for each permit, and a futex; survives kill -9",
			New:     panicking(NewSlots),
			Waits:   impls.Elsewhere,
			MaxSize: MaxSlots,
		},
		{
			Name:    "jobserver",
			Doc:     "tokens in a pipe, as GNU make shares them; a killed holder's are lost",
			New:     panicking(NewJobserver),
			Waits:   impls.Elsewhere,
			MaxSize: MaxTokens,
		},
		{
			Name:    "sysv",
			Doc:     "System V with SEM_UNDO: the kernel gives a dead process's permits back",
			New:     panicking(NewSysV),
			Waits:   impls.Elsewhere,
			MaxSize: MaxSysV,
		},
		{
			Name:  "broker",
			Doc:   "messages to a process that owns the permits; one queue for all processes",
			New:   panicking(NewBroker),
			Order: impls.FIFO, // except past a process that does not answer, see BrokerServer
			Waits: impls.Elsewhere,
		},
	}
}

// panicking turns a constructor that returns an error into a constructor that panics with it, as
// Impl.New does.
func panicking[S impls.Semaphore](
	construct func(size int64) (S, error),
) func(size int64) impls.Semaphore {
	return func(size int64) impls.Semaphore {
		sem, err := construct(size)
		if err != nil {
			panic(err)
		}
		return sem
	}
}

// Package process holds semaphores that several processes share, behind the interface of package
// impls: the same methods, the same contract, the same judges, and Close.
//
//	sem, err := process.OpenSlots("/dev/shm/encoders", 2) // in every process that wants one
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
//	slots      words in mapped memory and a futex   fastest; a killed process's permits come back
//	jobserver  tokens in a pipe or fifo             shares the job slots of make, cargo and ninja
//	sysv       System V semaphores with SEM_UNDO    the kernel gives a dead process's permits back
//	broker     a process that owns the permits      first come, first served, across processes
//
// # What is the same for all
//
// A permit belongs to the process that acquired it: any goroutine of that process may release it,
// and no other process. Releasing more than the process holds panics and changes nothing.
//
// Goroutines of one process line up first come, first served, in a funnel, and one goroutine
// waits in the kernel for all of them: a thousand that wait cost one thread or none, and one whose
// ctx is done leaves at once, whatever the kernel does meanwhile. Close ends the use of a
// semaphore by this process and gives back what it holds; no call may be running then.
//
// A permit that is released where somebody waits in line is handed on within the process, without
// the kernel, and after some times in a row let go of for other processes.
//
// What can break between processes is an error that names the path and the fact: a name that
// belongs to another mechanism or size, a file that is truncated or of an earlier boot, a server
// that is gone. Acquire then returns an error that is not ctx.Err(); [Broken] tells them apart.
//
// # What this does not show
//
// Processes that share slots must trust each other: whoever may write the file can take everything.
// Linux is the only system on which all four work, and the broker works on all: elsewhere constructors
// return an error that names what is missing.
//
// The line is first come, first served within a process; between processes only the broker keeps one.
// With the others, who is woken competes with who comes by: a process hands permits on sixteen times
// in a row at most, and that is all that is done for the other ones. Of four processes that want
// one permit all the time, the slowest got of what the fastest got, in seven runs of
// BenchmarkFourProcesses on a busy machine of two cores:
//
//	broker     0.87 to 1.00, median 0.97
//	slots      0.75 to 0.94, median 0.92
//	sysv       0.63 to 0.92, median 0.87
//	jobserver  0.33 to 0.58, median 0.38: a token wakes every process, and the quickest reads it
package process

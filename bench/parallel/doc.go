// Package parallel does the same work in one process and in several, and measures both.
//
//	func main() {
//		parallel.ChildMain(impls.All()...) // first of all: this program is also its own children
//		err := parallel.Run(ctx, os.Stdout, parallel.Options{})
//	}
//
// It is what textbooks set side by side: threads, which share memory and are said to be good for
// waiting, and processes, which send each other messages and are said to be good for computing. A
// counting semaphore of this suite admits workers in every mode.
//
// # How to run it
//
//	semabench parallel            # with a page of what the figures say
//	semabench parallel -quick -works hash,http
//
// # Modes
//
//   - serial: one goroutine on one core.
//   - one-core: goroutines at GOMAXPROCS=1. They take turns, as threads do under the global lock of
//     an interpreter; so this is what such threads can do at best.
//   - goroutines: goroutines on all cores that the process may use.
//   - processes: a pool of processes, started before, that get tasks over pipes.
//   - process-per-task: a new process for every task.
//
// # Works
//
//   - hash: SHA-256 of 4 MiB. compress: DEFLATE of 128 KiB. Both with a worker for each core.
//   - http: requests to a server in another process that answers after 10 ms, 32 in flight.
//   - files: sixteen reads of 4 KiB at random places, 16 in flight, with O_DIRECT where the file system
//     has it; else from a cache that was told to forget them. The text says which: files: direct.
//   - grain: SHA-256 of 1 KiB to 4 MiB: how long a task must be to be worth a message.
//   - hand: messages of 64 B to 4 MiB to one worker and back, over a channel or a pipe.
//   - limit: ten workers and a resource that three may use, and the same without a limit.
//
// # Metrics
//
// Every sample is a fresh process, which does one work in one mode. Modes take turns within a round, so
// that a mood of the machine meets all of them. Where that is allowed, to root on Linux, samples get a
// core before other processes; the text says so under priority.
//
//   - ns/op: time per task from the first to the last one, all workers being ready: steady state.
//   - startup-ns: before that: opening what tasks need, starting goroutines or processes.
//   - process-start-ns: median time from starting a process until it said that it was ready.
//   - wall-ns: all of it, and the end of all processes.
//   - user-ns/op, sys-ns/op, vcsw/op, ivcsw/op: processor time and context switches of all that,
//     of the process and its children, by getrusage and wait4; child-cpu-ns/op is the children's part.
//   - cpu/wall: cores that were busy for it in steady state.
//   - peak-B: most memory at once: the peak of the process, and of as many children as run at once.
//     Pages that several processes map, as those of the program itself, count in each. Only on Linux.
//   - task-p50-ns, task-p99-ns: a task from when it was handed out until its checksum was back.
//   - inside-peak: how many were between Acquire and Release at once, of one clock for all processes.
//   - checksum: 32 bits of all tasks together, the same in every mode or something is wrong.
//   - noise-…: what else the machine did, see package machine; without the HTTP server, which asked
//     for by the samples belongs to them.
//
// # Disturbed samples
//
// What counts as disturbed is [Rule], known before anything is measured. Disturbed samples are taken
// again at the end of their round, [Retakes] times at most, and not more than a quarter of a
// round. All are in the text, under the configuration key sample: clean, retaken (disturbed, and
// another one follows) or disturbed (nothing follows). So benchstat makes tables of each.
//
// # What this does not show
//
// Goroutines at GOMAXPROCS=1 are not Python's threads: switching is cheaper, and there is no
// bytecode. What they share is that one of them runs at a time. Serial is a process of its own at
// GOMAXPROCS=1 as well, so that no collector helps it from another core. A message goes over a
// pipe and waits for its answer: sending several at once would be cheaper for small tasks.
package parallel

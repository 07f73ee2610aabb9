// Package parallel does the same work in one process and in several, and measures both.
//
//	func main() {
//		parallel.ChildMain(impls.All()...) // first: Run starts this program again, as its children
//		err := parallel.Run(ctx, os.Stdout, parallel.Options{})
//	}
//
// Textbooks set threads and processes side by side. Threads share memory and are said to be good
// for waiting. Processes send each other messages and are said to be good for computing. This
// package measures both claims. In every mode a counting semaphore of this module admits the
// workers.
//
// # How to run it
//
//	semabench parallel            # also writes a page that interprets the metrics
//	semabench parallel -quick -works hash,http
//
// # Modes
//
//   - serial: one goroutine on one core.
//   - one-core: several goroutines at GOMAXPROCS=1. They take turns, like threads under the global
//     lock of an interpreter, so this mode is the best that such threads can achieve.
//   - goroutines: goroutines on all cores that the process may use.
//   - processes: a pool of processes, started before the first task, that get tasks over pipes.
//   - process-per-task: a new process for every task.
//
// # Works
//
//   - hash: SHA-256 of 4 MiB, with a worker for each core.
//   - compress: DEFLATE of 128 KiB, with a worker for each core.
//   - http: requests to a server in another process that answers after 10 ms, 32 at a time.
//   - files: sixteen reads of 4 KiB at random places, 16 tasks at a time. Reads use O_DIRECT if the
//     file system has it. Otherwise the cache is asked to drop each block. The configuration key
//     files has the method.
//   - grain: SHA-256 of 1 KiB to 4 MiB. It shows how long a task must be to be worth a message.
//   - hand: messages of 64 B to 4 MiB to one worker and back, over a channel or a pipe.
//   - limit: ten workers and a resource that three may use at once, and the same without a limit.
//
// # Metrics
//
// Every sample is a fresh process that does one work in one mode. Modes take turns within a round,
// so that a slow phase of the machine affects all of them. On Linux with sufficient privileges,
// samples run at a higher priority than other processes; the configuration key priority says so.
//
//   - ns/op: time per task from the first task to the end of the last one, with all workers ready.
//     This is the steady state.
//   - startup-ns: time before that: opening inputs, starting goroutines or processes.
//   - process-start-ns: median time from starting a process until it reported that it was ready.
//   - wall-ns: start-up, steady state and the end of all processes together.
//   - user-ns/op, sys-ns/op, vcsw/op, ivcsw/op: processor time and context switches over wall-ns,
//     of the process and its children, by getrusage and wait4. child-cpu-ns/op is the part of the
//     children.
//   - cpu/wall: cores that the sample kept busy in steady state, on average.
//   - peak-B: the peak of the resident memory of the process, plus the peaks of its children. If
//     children follow one another, only as many count as run at once. Pages that several processes
//     share, such as the program itself, count in each. Only on Linux.
//   - task-p50-ns, task-p99-ns: time from handing out a task until its checksum is back.
//   - inside-peak: the most tasks between Acquire and Release at once, by a clock that all
//     processes share.
//   - checksum: 32 bits over all tasks. It must be the same in every mode.
//   - noise-…: what other processes of the machine did, see package machine. The HTTP server does
//     not count as noise, because it works for the sample.
//
// # Disturbed samples
//
// [Rule] says what counts as disturbed, and was fixed before any measurement. A disturbed sample is
// retaken at the end of its round, [Retakes] times at most. A round retakes at most a quarter of
// its samples. The text contains all samples. Its configuration key sample tells them apart: clean,
// retaken (disturbed, and another one follows) or disturbed (and none follows). benchstat therefore
// makes a table of each.
//
// # What this does not show
//
// Goroutines at GOMAXPROCS=1 are not Python threads: switching between them is cheaper, and there
// is no bytecode. They have in common that only one of them runs at a time. The serial mode is a
// process at GOMAXPROCS=1 as well, so that no garbage collector helps it from another core.
//
// Each message waits for its answer. Sending several messages at once would be cheaper for small
// tasks, and a message in shared memory would be cheaper than one through a pipe.
package parallel

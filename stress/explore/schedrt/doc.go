// Package schedrt is the runtime that rewritten code calls: it runs the goroutines of a program one
// at a time, and asks a strategy which of them goes next.
//
//	x := schedrt.New(schedrt.Limits{})
//	defer x.Close()
//	outcome := x.Play(strategy, func() {
//		ch := make(chan int)
//		schedrt.Go(func() { schedrt.To(ch).Send(1) }) // go func() { ch <- 1 }()
//		schedrt.Recv(ch)                              // <-ch
//	})
//
// Package rewrite puts these calls into a copy of the source. Nothing else should call them: run
// programs with package explore. The package cannot be internal, because rewritten copies of other
// modules import it.
//
// # Steps
//
// A controlled goroutine is at one of four places: running, before an operation, parked in a queue,
// or dead. An operation is an access to something that goroutines share: a lock, a channel, an
// atomic word, the clock. A step is one operation and the local code after it, up to the next
// operation. No other goroutine can tell when local code runs, so a goroutine that was started or
// woken runs to its first operation before a step is chosen. The explorer therefore plays exactly as
// many schedules of a small program as a count of its interleavings by hand gives.
//
// The package models an operation in three moves: announce it (begin, on), stop until the strategy
// picks the goroutine (point), perform it (change the model, note the change). An operation that
// can block either has a guard, which says when it is possible, or parks the goroutine in a queue.
//
// # Models and real primitives
//
// Mutex, RWMutex, WaitGroup and atomic words keep their real primitive. The look-alikes in shim
// perform the real operation right after the model says that it cannot block, so Go itself reports
// misuse and orders memory. Channel, select, Cond, Map, Pool and timers are models only, because
// the real ones would let the Go scheduler choose. Each model states its rules where it is
// declared.
//
// # The race detector
//
// A program under the race detector must show exactly its own data races. Four rules ensure this:
//
//   - The hand-over from one goroutine to the next orders memory. The detector must not see this
//     order, or it would never report a race. Each hand-over is between RaceDisable and RaceEnable,
//     which make the detector ignore the synchronization of the calling goroutine. Package iter
//     tells the detector of every switch between coroutines, and nothing can mute that. So under the
//     detector goroutines are no coroutines; each waits for a baton instead (handover.go).
//   - A model without a real primitive states its own edges with RaceRelease, RaceReleaseMerge and
//     RaceAcquire, by the Go memory model. A missing edge would accuse right programs; a superfluous
//     edge would let programs with a race pass. RaceRelease replaces the edges of earlier releases at
//     an address, RaceReleaseMerge adds to them. So an address that several goroutines release needs
//     RaceReleaseMerge.
//   - The package's own memory is shared by all controlled goroutines without any edge, so the
//     detector must not watch it. Package rewrite compiles this package with -race=false, and with
//     -l so that no part of it is inlined into a package that is watched.
//   - The detector watches a few runtime functions in every package: maps, append and copy. This
//     package uses the functions of object.go instead. A generic function is compiled in the
//     package that calls it, so generic functions here touch no shared state. They call functions
//     marked go:norace, which keeps the package right even where the flags are missing.
//
// # What this does not show
//
// Memory is sequentially consistent. That loses nothing for programs without data races. The race
// detector reports the races of other programs, on each schedule that is played under it. Code that
// was not rewritten runs as one piece between two operations. Only one Exec can play at a time in a
// process.
//
// # Why one package of more than twenty files
//
// Every model announces, stops and changes through the private state of one Exec, in each step. A
// second package would need that state exported, and rewritten code of any module could then call
// it. It would also be one more package that has to be compiled without the race detector, and one
// more that each rewritten module imports. Instead the package is split into files, with one
// primitive or one decision of the engine in each.
//
// The files go down in this order. exec.go plays an execution. The primitives of a program follow:
// channel.go, select.go, sync.go, word.go, containers.go, clock.go, synctest.go, deterministic.go, and
// harness.go for programs of this suite. They announce and perform operations by operation.go, which
// stops a goroutine by handover.go, which asks pick.go for the next one. pick.go reads the class of
// each goroutine, asks the strategy by ask.go, and ends what only daemons keep alive by aftermath.go.
// Below are the parts of an execution, each with its own state: queue.go, goroutine.go, record.go,
// outcome.go, spin.go, twin.go, locals.go, bubble.go and daemons.go. object.go, kinds.go and state.go are
// below all.
package schedrt

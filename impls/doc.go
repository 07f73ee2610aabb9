// Package impls holds interchangeable counting semaphores behind one interface, with the
// contract that they keep.
//
// A semaphore of one permit makes ten workers take turns. The example of this package is that
// program as a whole. Each implementation here can stand in it, and so can your own:
//
//	for _, impl := range impls.All() {
//		sem := impl.New(1)
//		if err := sem.Acquire(ctx, 1); err != nil {
//			return err // ctx was done first; nothing is held
//		}
//		use(resource)
//		sem.Release(1)
//	}
//
// [Semaphore] states the contract. [Impl] lists the choices that the contract leaves to an
// implementation. [All] is the table of implementations. To check an implementation, call
// stress.Run with its Impl; to measure it, call bench.Run. [Unit] makes an Impl of a limiter that
// takes one permit at a time, and [From] one of a constructor whose type only its user knows.
//
// # What this does not show
//
// All semaphores here live in one process; package process has semaphores between processes. No
// implementation promises to be fast: measure on your own machine, with your own workload.
// Package stress tests the contract and does not prove it.
package impls

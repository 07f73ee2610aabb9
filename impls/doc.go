// Package impls holds interchangeable counting semaphores behind one interface, with the
// contract that they keep.
//
// A semaphore of one permit makes ten workers take turns; the example of this package is that
// program, whole. Any of the implementations, or your own, can stand in its place:
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
// [Semaphore] states the contract, [Impl] the choices it leaves, [All] is the table. To see what
// an implementation is worth, hand its Impl to stress.Run and bench.Run.
//
// # What this does not show
//
// All semaphores here live in one process. None of them promises to be fast: measure them on
// your own machine and shape of work. The contract is checked by package stress, not proven.
package impls

package designs

import "github.com/semabench/semabench/impls"

// All returns the semaphores. Each has the name of its file.
func All() []impls.Impl {
	of := func(name string, construct func(int64) impls.Semaphore, order impls.Order) impls.Impl {
		return impls.Impl{Name: name, New: construct, Order: order}
	}
	return []impls.Impl{
		of("list", func(n int64) impls.Semaphore { return newList(n) }, impls.FIFO),
		of("lockfree", func(n int64) impls.Semaphore { return newLockFree(n) }, impls.Barging),
		of("tickets", func(n int64) impls.Semaphore { return newTickets(n) }, impls.FIFO),
		of("striped", func(n int64) impls.Semaphore { return newStriped(n) }, impls.Barging),
		of("parking", func(n int64) impls.Semaphore { return newParking(n) }, impls.Barging),
		of("lifo", func(n int64) impls.Semaphore { return newLIFO(n) }, impls.Unspecified),
		of("small", func(n int64) impls.Semaphore { return newSmall(n) }, impls.Barging),
		of("hybrid", func(n int64) impls.Semaphore { return newHybrid(n) }, impls.Barging),
	}
}

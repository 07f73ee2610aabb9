package model

// A Program lists the operations of several workers on one semaphore. Each worker carries out its
// operations one after the other; the scheduler decides which worker runs when.
type Program struct {
	Size    int64
	Workers [][]Op
}

// Ops returns the number of operations of all workers.
func (p Program) Ops() (n int64) {
	for _, ops := range p.Workers {
		n += int64(len(ops))
	}
	return n
}

// All yields the operations, worker by worker.
func (p Program) All() func(yield func(worker int, o Op) bool) {
	return func(yield func(int, Op) bool) {
		for worker, ops := range p.Workers {
			for _, o := range ops {
				if !yield(worker, o) {
					return
				}
			}
		}
	}
}

// An Op is one step of a worker.
type Op struct {
	Kind OpKind

	// N is the number of permits. For Rest it is the number of the rest in a scenario, for Cancel
	// the index of a worker. A Release of AllHeld gives back whatever the worker holds.
	N int64

	// Lag counts yields of the processor: how long granted permits are held before the next step,
	// or how late a cancellation comes.
	Lag int
}

// AllHeld is the N of a Release without a number.
const AllHeld = -1

// OpKind says what a worker does in a step. The two players of programs, package stress and
// explore.Semaphore, share the kinds, and differ in details that the constants name.
type OpKind int

// The order of these constants is part of the meaning of seeds and of stored fuzz inputs of package
// stress. New kinds go to the end.
const (
	// AcquireStoppable waits with a ctx that only the end of the whole run cancels. The worker
	// releases everything it holds before, so that no circle of waiting workers can form.
	AcquireStoppable OpKind = iota

	// AcquireBackground waits with context.Background. In package stress the worker releases
	// everything it holds before.
	AcquireBackground

	// AcquireCancelled waits with a ctx that is cancelled. In package stress another goroutine
	// cancels it after Lag yields; in a scenario the operation Cancel does.
	AcquireCancelled

	// AcquireCustom waits with a cancelled ctx of a foreign type. In package stress the methods of
	// that ctx yield the processor; in a scenario they use the semaphore itself.
	AcquireCustom

	// AcquireDone calls Acquire with a ctx that is done.
	AcquireDone

	// Try calls TryAcquire.
	Try

	// Release gives N permits back, or as many as the worker holds.
	Release

	// HandOver lets another goroutine release what Release would.
	HandOver

	// Rest keeps what the worker holds until nothing can move. In a scenario it waits until nothing
	// can move for the N'th time.
	Rest

	// Cancel cancels the ctx of worker N.
	Cancel

	// OverRelease releases more permits than are held, which must panic: N permits, or one if N is
	// AllHeld.
	OverRelease

	// Negative calls each method with a negative weight, which must panic.
	Negative

	// AcquireDeadline waits with a cancelled ctx that has a deadline as well, an hour later. In a
	// scenario the deadline may pass at any moment.
	AcquireDeadline
)

// MayWait reports whether the operation is an Acquire that may have to wait.
func (k OpKind) MayWait() bool { return k <= AcquireCustom || k == AcquireDeadline }

// IsAcquire reports whether the operation calls Acquire.
func (k OpKind) IsAcquire() bool { return k <= AcquireDone || k == AcquireDeadline }

// Cancellable reports whether the operation is an Acquire with the ctx of its worker, which Cancel
// cancels.
func (k OpKind) Cancellable() bool {
	return k == AcquireCancelled || k == AcquireCustom || k == AcquireDeadline
}

// Uncancellable reports whether the operation is an Acquire that only a grant ends.
func (k OpKind) Uncancellable() bool { return k == AcquireStoppable || k == AcquireBackground }

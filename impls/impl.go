package impls

import (
	"fmt"
	"io"
	"reflect"
	"regexp"
)

// An Impl is one implementation of [Semaphore]: how to make it, and the policies on which the
// contract leaves a choice. It is the value that stress.Run, stress.Check and bench.Run take.
//
// The zero policies are the contract's defaults, so a name and a constructor are enough.
// A policy is a promise: the stress suite refutes an implementation that breaks it.
type Impl struct {
	Name string // short, lower case; becomes impl=Name in benchmark names
	Doc  string // one line: how it waits, and what that costs

	// New returns a semaphore of size permits, all free. It panics if size is negative.
	// A size of zero is legal: such a semaphore never grants a permit. New may be called by
	// several goroutines at once.
	New func(size int64) Semaphore

	// MaxSize is the largest size, in permits, that New takes; zero means any. An
	// implementation needs it if each permit is a word of memory or a byte in a pipe.
	MaxSize int64

	Order Order // order in which waiters are served

	// TryBarges says that TryAcquire takes free permits even while other calls wait, as
	// tryAcquire of java.util.concurrent.Semaphore does. It matters only with FIFO.
	TryBarges bool

	// StarvationFree says that other requests pass a waiting request only a bounded number of
	// times, whatever their weights are. So a large request is served though small requests keep coming.
	// FIFO implies it, whether set or not; Barging rules it out. A TryAcquire that barges does not count.
	StarvationFree bool

	ZeroWeight  ZeroWeight  // what a weight of zero does
	OverRelease OverRelease // the state after a recovered over-release panic
	Waits       Waits       // how a waiter spends its time

	// UnitWeights says that only requests of weight 1 are served as the contract says. Package
	// bench does not measure such an implementation at workloads with larger weights. Package
	// stress and explore.Semaphore ask it for one permit at a time; see [Unit].
	UnitWeights bool

	// NoTry says that there is no TryAcquire: the method panics. Package stress and
	// explore.Semaphore do without it. Package bench counts permits by it, and cannot measure such
	// an implementation.
	NoTry bool

	DoneContext DoneContext // what Acquire does with a ctx that is done before the call

	// Teaching says that the implementation is an example to read. No package exports it for
	// services.
	Teaching bool

	// Defects has the clauses of the contract that the implementation is known to break, by their
	// ID in package stress, such as "C10", and what it does instead. Package stress does not judge
	// a declared defect: its verdict is unknown. With C8 declared, a done ctx may win in the other clauses;
	// with C13, they ask for no weight of zero. OverReleaseCorrupts is a defect without an entry.
	Defects map[string]string
}

// Order is the policy for the order in which waiters are served. An implementation that declares
// an order is checked against it.
type Order int

const (
	// Unspecified promises only that some waiter is served if all waiters would fit. A waiter
	// that does not fit may hold up other waiters.
	Unspecified Order = iota

	// FIFO promises that waiters are served in the order in which they began to wait. An
	// Acquire that begins while other calls wait is served after them.
	FIFO

	// Barging promises that every request that fits is served, no matter which other
	// requests wait. No waiter holds up another, and a large request can starve.
	Barging
)

// ZeroWeight is the policy for requests of weight zero.
type ZeroWeight int

const (
	// ZeroGranted grants a weight of zero even if no permit is free, provided that no call
	// waits. Under FIFO it queues behind the calls that wait. golang.org/x/sync does the same.
	// A weight of zero that waits is granted once the calls before it are served. If one of them
	// left instead because its ctx was done, while no permit was free, the next Release grants it at
	// the latest.
	ZeroGranted ZeroWeight = iota

	// ZeroPanics treats a weight of zero as misuse.
	ZeroPanics
)

// OverRelease is the policy for the state of a semaphore after an over-release: Release panicked
// because fewer permits were held, and the caller recovered the panic, as HTTP servers do.
type OverRelease int

const (
	// OverReleaseUnchanged leaves the semaphore as if Release had not been called.
	OverReleaseUnchanged OverRelease = iota

	// OverReleaseCorrupts means that later calls may grant more permits than the size.
	OverReleaseCorrupts
)

// DoneContext is the policy for an Acquire whose ctx is done before the call, while permits are free.
type DoneContext int

const (
	// DoneLoses lets such an Acquire fail, always.
	DoneLoses DoneContext = iota

	// DoneMayWin lets it fail or be granted. A select between a channel of permits and ctx.Done()
	// chooses at random if both are ready.
	DoneMayWin
)

// Waits says how a goroutine waits inside Acquire. The suite needs to know: it can observe that
// a parked goroutine is blocked, and for all others it has to guess from elapsed time.
type Waits int

const (
	// Parked waiters are “durably blocked” in the sense of [testing/synctest]: on a channel,
	// a select, a sync.Cond or a sync.WaitGroup that belongs to this semaphore.
	Parked Waits = iota

	// Spinning waiters stay runnable and burn CPU. Parked waiters and waiters elsewhere sleep.
	Spinning

	// Elsewhere is every other way to sleep: in the kernel, in another process, or in a sync.Mutex.
	// It is also a wait on a channel that several semaphores share through a pool, or on a
	// goroutine that New starts and no Close ends.
	Elsewhere
)

// String returns the word by which tables show the policy. It panics if o is not a policy; call
// [Impl.Validate] first. The same holds for the other policies.
func (o Order) String() string { return [...]string{"unspecified", "FIFO", "barging"}[o] }

// String returns the word by which tables show the policy.
func (z ZeroWeight) String() string { return [...]string{"granted", "panics"}[z] }

// String returns the word by which tables show the policy.
func (o OverRelease) String() string { return [...]string{"unchanged", "corrupts"}[o] }

// String returns the words by which tables show the policy.
func (d DoneContext) String() string { return [...]string{"loses", "may win"}[d] }

// String returns the word by which tables show the policy.
func (w Waits) String() string { return [...]string{"parked", "spinning", "elsewhere"}[w] }

// Of makes an Impl with default policies from a constructor that returns a concrete type:
//
//	stress.Run(t, impls.Of("mine", mine.New))
func Of[S Semaphore](name string, construct func(size int64) S) Impl {
	return Impl{Name: name, New: func(size int64) Semaphore { return construct(size) }}
}

// Validate returns an error if stress.Run, bench.Run and explore.Semaphore cannot accept the Impl:
// it has no constructor, its name would not survive in a benchmark name or a test pattern, or a
// policy is out of range.
func (i Impl) Validate() error {
	if i.New == nil {
		return fmt.Errorf("impls: implementation %q has no constructor: set Impl.New", i.Name)
	}
	if !validName.MatchString(i.Name) {
		return fmt.Errorf("impls: implementation name %q: use letters, digits, '.', '_', '+' and '-'",
			i.Name)
	}
	switch {
	case i.MaxSize < 0:
		return fmt.Errorf("impls: %s: MaxSize %d: want a size, or 0 for any", i.Name, i.MaxSize)
	case i.Order < Unspecified || i.Order > Barging:
		return fmt.Errorf("impls: %s: Order %d: want Unspecified, FIFO or Barging",
			i.Name, int(i.Order))
	case i.ZeroWeight < ZeroGranted || i.ZeroWeight > ZeroPanics:
		return fmt.Errorf("impls: %s: ZeroWeight %d: want ZeroGranted or ZeroPanics",
			i.Name, int(i.ZeroWeight))
	case i.OverRelease < OverReleaseUnchanged || i.OverRelease > OverReleaseCorrupts:
		return fmt.Errorf("impls: %s: OverRelease %d: want OverReleaseUnchanged or OverReleaseCorrupts",
			i.Name, int(i.OverRelease))
	case i.DoneContext < DoneLoses || i.DoneContext > DoneMayWin:
		return fmt.Errorf("impls: %s: DoneContext %d: want DoneLoses or DoneMayWin",
			i.Name, int(i.DoneContext))
	case i.NoTry && (i.Waits != Parked || !i.UnitWeights):
		return fmt.Errorf("impls: %s: NoTry needs UnitWeights and Waits of Parked: without "+
			"TryAcquire, free permits are counted by requests that are observed to wait", i.Name)
	case i.Waits < Parked || i.Waits > Elsewhere:
		return fmt.Errorf("impls: %s: Waits %d: want Parked, Spinning or Elsewhere",
			i.Name, int(i.Waits))
	case i.Order == Barging && i.StarvationFree:
		return fmt.Errorf("impls: %s: Order Barging serves every request that fits, "+
			"so it cannot be StarvationFree", i.Name)
	}
	for id, instead := range i.Defects {
		if !clauseID.MatchString(id) || instead == "" {
			return fmt.Errorf("impls: %s: Defects[%q] = %q: want the ID of a clause, such as C10, "+
				"and what happens instead", i.Name, id, instead)
		}
	}
	return nil
}

// clauseID matches the IDs of the clauses in package stress.
var clauseID = regexp.MustCompile(`^[CR][1-9][0-9]*$`)

// validName excludes '/' and '=', which delimit benchmark names, and white space, which delimits
// the fields of a benchmark line.
var validName = regexp.MustCompile(`^[\pL\pN._+-]+$`)

// Make calls New and turns the failures of a constructor into an error: a panic, a nil Semaphore,
// and a Semaphore that holds a nil pointer.
func (i Impl) Make(size int64) (sem Semaphore, err error) {
	defer func() {
		if r := recover(); r != nil {
			sem, err = nil, fmt.Errorf("impls: %s: New(%d) panicked: %v", i.Name, size, r)
		}
	}()
	sem = i.New(size)
	if sem == nil {
		return nil, fmt.Errorf("impls: %s: New(%d) returned nil", i.Name, size)
	}
	if v := reflect.ValueOf(sem); v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, fmt.Errorf("impls: %s: New(%d) returned a nil %T", i.Name, size, sem)
	}
	return sem, nil
}

// Close closes sem if it has a method Close, with or without an error as its result. A semaphore
// that owns goroutines or files has one. stress.Run, bench.Run and explore.Semaphore call Close
// when they need the semaphore no longer. No other method may be called afterwards.
func Close(sem Semaphore) error {
	switch c := sem.(type) {
	case io.Closer:
		return c.Close()
	case interface{ Close() }:
		c.Close()
	}
	return nil
}

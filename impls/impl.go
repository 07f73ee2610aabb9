package impls

import (
	"fmt"
	"io"
	"reflect"
	"regexp"
)

// An Impl is one implementation of [Semaphore]: how to make it, and the policies on which the
// contract leaves a choice. It is the value that enters every door of this suite: stress.Run,
// stress.Check, bench.Run.
//
// The zero policies are the contract's defaults, so a name and a constructor are enough.
// A policy is a promise: the stress suite refutes an implementation that does not keep it.
type Impl struct {
	Name string // short, lower case; becomes impl=Name in benchmark names
	Doc  string // one line: how it waits, and what that costs

	// New returns a semaphore of size permits, all free. It panics if size is negative.
	// A size of zero is legal: no permit is ever granted.
	New func(size int64) Semaphore

	// MaxSize is the largest size that New takes; zero means any. Permits that are words of
	// memory or bytes in a pipe are not as many as there are numbers.
	MaxSize int64

	Order Order // in which waiters are served

	// TryBarges says that TryAcquire takes free permits even while others wait, as
	// tryAcquire of java.util.concurrent.Semaphore does. It matters only with FIFO.
	TryBarges bool

	// StarvationFree says that a waiting request is passed by others only a bounded number of
	// times, so that a large one is served though small ones keep coming. FIFO implies it,
	// whether set or not; Barging rules it out. TryAcquire that barges is not counted.
	StarvationFree bool

	ZeroWeight  ZeroWeight  // what a weight of zero does
	OverRelease OverRelease // the state after a recovered over-release panic
	Waits       Waits       // how a waiter spends its time
}

// Order is the policy for who is served while others wait. Declaring one makes the checks sharper.
type Order int

const (
	// Unspecified promises only that somebody is served if all who wait would fit. A waiter
	// that fits may be held up by one that does not.
	Unspecified Order = iota

	// FIFO promises that waiters are served in the order in which they began to wait, and that
	// an Acquire which begins while others wait goes behind them.
	FIFO

	// Barging promises that whoever fits is served, whoever else waits: nobody is held up, and
	// a large request can starve.
	Barging
)

// ZeroWeight is the policy for requests of weight zero.
type ZeroWeight int

const (
	// ZeroGranted grants a weight of zero whenever nobody waits, even if no permit is free;
	// under FIFO it queues behind those who do. This is what golang.org/x/sync does.
	ZeroGranted ZeroWeight = iota

	// ZeroPanics treats a weight of zero as misuse.
	ZeroPanics
)

// OverRelease is the state of a semaphore after Release panicked because more was released than
// was held, and the panic was recovered, as HTTP servers and worker pools do.
type OverRelease int

const (
	OverReleaseUnchanged OverRelease = iota // as if Release had not been called
	OverReleaseCorrupts                     // later calls may grant more permits than the size
)

// Waits says how a goroutine waits inside Acquire. The suite needs to know, because only a
// parked goroutine can be seen to be blocked.
type Waits int

const (
	// Parked waiters are “durably blocked” in the sense of [testing/synctest]: on a channel,
	// a select, a sync.Cond or a sync.WaitGroup that belongs to this semaphore.
	Parked Waits = iota

	// Spinning waiters stay runnable and burn CPU.
	Spinning

	// Elsewhere is every other way to wait: in the kernel, in another process, in a
	// sync.Mutex, on a channel that several semaphores share through a pool, or on a
	// goroutine that New starts and no Close ends.
	Elsewhere
)

func (o Order) String() string       { return [...]string{"unspecified", "FIFO", "barging"}[o] }
func (z ZeroWeight) String() string  { return [...]string{"granted", "panics"}[z] }
func (o OverRelease) String() string { return [...]string{"unchanged", "corrupts"}[o] }
func (w Waits) String() string       { return [...]string{"parked", "spinning", "elsewhere"}[w] }

// Of makes an Impl with default policies of a constructor that returns a concrete type:
//
//	stress.Run(t, impls.Of("mine", mine.New))
func Of[S Semaphore](name string, construct func(size int64) S) Impl {
	return Impl{Name: name, New: func(size int64) Semaphore { return construct(size) }}
}

// Validate says what keeps impl from entering a door: a name that would not survive in a
// benchmark name or a test pattern, no constructor, or policies that are none.
func (i Impl) Validate() error {
	if i.New == nil {
		return fmt.Errorf("impls: implementation %q has no constructor: set Impl.New", i.Name)
	}
	if !validName.MatchString(i.Name) {
		return fmt.Errorf("impls: implementation name %q: use letters, digits, '.', '_', '+' and '-'", i.Name)
	}
	switch {
	case i.MaxSize < 0:
		return fmt.Errorf("impls: %s: MaxSize %d: want a size, or 0 for any", i.Name, i.MaxSize)
	case i.Order < Unspecified || i.Order > Barging:
		return fmt.Errorf("impls: %s: Order %d: want Unspecified, FIFO or Barging", i.Name, int(i.Order))
	case i.ZeroWeight < ZeroGranted || i.ZeroWeight > ZeroPanics:
		return fmt.Errorf("impls: %s: ZeroWeight %d: want ZeroGranted or ZeroPanics", i.Name, int(i.ZeroWeight))
	case i.OverRelease < OverReleaseUnchanged || i.OverRelease > OverReleaseCorrupts:
		return fmt.Errorf("impls: %s: OverRelease %d: want OverReleaseUnchanged or OverReleaseCorrupts", i.Name, int(i.OverRelease))
	case i.Waits < Parked || i.Waits > Elsewhere:
		return fmt.Errorf("impls: %s: Waits %d: want Parked, Spinning or Elsewhere", i.Name, int(i.Waits))
	case i.Order == Barging && i.StarvationFree:
		return fmt.Errorf("impls: %s: Order Barging serves whoever fits, so it cannot be StarvationFree", i.Name)
	}
	return nil
}

var validName = regexp.MustCompile(`^[\pL\pN._+-]+$`)

// Make calls New and turns what can be wrong with a constructor into an error:
// a panic, a nil Semaphore, and a nil pointer in one.
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

// Close closes sem if it has a method Close, with or without an error as its result, as one has
// that owns goroutines or files. The doors of this suite call it when they are done.
func Close(sem Semaphore) error {
	switch c := sem.(type) {
	case io.Closer:
		return c.Close()
	case interface{ Close() }:
		c.Close()
	}
	return nil
}

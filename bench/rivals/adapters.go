package rivals

import (
	"context"
	"math"

	"github.com/cockroachdb/crlib/fifo"
	"github.com/failsafe-go/failsafe-go/bulkhead"
	marusama "github.com/marusama/semaphore/v2"
	"golang.org/x/sync/errgroup"

	"github.com/semabench/semabench/impls"
)

// Each adapter changes the form of the calls and nothing else: it corrects no defect.

// resizable is github.com/marusama/semaphore. Its weights and sizes are ints.
type resizable struct{ sem marusama.Semaphore }

// maxResizable is the largest size that fits into the half of a word that the package has for it.
const maxResizable = math.MaxInt32

func newResizable(size int64) impls.Semaphore { return resizable{marusama.New(int(size))} }

func (s resizable) Acquire(ctx context.Context, n int64) error { return s.sem.Acquire(ctx, int(n)) }
func (s resizable) TryAcquire(n int64) bool                    { return s.sem.TryAcquire(int(n)) }
func (s resizable) Release(n int64)                            { s.sem.Release(int(n)) }

// newCockroach needs no adapter.
func newCockroach(size int64) impls.Semaphore { return fifo.NewSemaphore(size) }

// compartment is the bulkhead of failsafe-go, used by itself and not as a policy.
type compartment struct{ bulkhead bulkhead.Bulkhead[any] }

func newBulkhead(size int64) compartment { return compartment{bulkhead.New[any](uint(size))} }

func (s compartment) Acquire(ctx context.Context) error { return s.bulkhead.AcquirePermit(ctx) }
func (s compartment) TryAcquire() bool                  { return s.bulkhead.TryAcquirePermit() }
func (s compartment) Release()                          { s.bulkhead.ReleasePermit() }

// group is the limit of an errgroup. A permit is a goroutine of the group, which is how the package
// hands permits out: Go waits until fewer goroutines than the limit run. Here each goroutine only
// waits for its Release. The price of a goroutine for each permit belongs to that design.
type group struct {
	group *errgroup.Group
	ended chan struct{}
}

func newGroup(size int64) group {
	s := group{new(errgroup.Group), make(chan struct{})}
	s.group.SetLimit(int(size))
	return s
}

func (s group) hold() error {
	<-s.ended
	return nil
}

// Acquire cannot pass ctx on: errgroup.Group.Go has no context.
func (s group) Acquire(context.Context) error {
	s.group.Go(s.hold)
	return nil
}

func (s group) TryAcquire() bool { return s.group.TryGo(s.hold) }
func (s group) Release()         { s.ended <- struct{}{} }

package parallel

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/semabench/semabench/internal/rusage"
)

// A processPool does tasks in worker processes that are started before the first task. Each worker
// has a goroutine here that sends it a task and waits for the answer.
//
// A goroutine for each worker is simpler than one goroutine that polls all pipes, and cheap in Go:
// a goroutine that waits for a pipe costs no thread. Its cost is a part of the mode, because a
// program with a process pool needs the same.
type processPool struct {
	spec
	endSemaphore func() error
	workers      []*workerProcess
}

// start starts the workers and waits until all are ready to take tasks.
//
// An error leaves workers behind that have started; stop ends them, as it is called after an
// error too.
func (x *processPool) start() (err error) {
	if x.endSemaphore, err = x.serveSemaphore(); err != nil {
		return err
	}
	// All workers are started before the first one is waited for, so that they start in parallel.
	for range x.Workers {
		w, err := x.startWorker()
		if err != nil {
			return err
		}
		x.workers = append(x.workers, w)
	}
	err = x.forEach(func(_ int, w *workerProcess) error { return w.waitReady() })
	if err == nil && x.Work == workMessages {
		_, err = x.workers[0].do(verifiedMessage, x.payload()(verifiedMessage))
	}
	return err
}

// forEach calls do for all workers at the same time, and returns the first error. After an error it
// kills all workers, because some would wait for permits that the failed one holds.
func (x *processPool) forEach(do func(i int, w *workerProcess) error) error {
	group, release := newKillingGroup(func() {
		for _, w := range x.workers {
			_ = w.cmd.Process.Kill()
		}
	})
	defer release()
	for i, w := range x.workers {
		group.Go(func() error { return do(i, w) })
	}
	return group.Wait()
}

// newKillingGroup returns a group that calls kill once after the first error. The group has stored
// that error by then: errors of other functions that follow from the kill do not hide it. The
// caller has to call release in the end.
//
// Calling kill in the function that fails would be wrong: the group stores an error only after the
// function has returned, and the error of a killed worker might be stored first.
func newKillingGroup(kill func()) (group *errgroup.Group, release func() bool) {
	group, ctx := errgroup.WithContext(context.Background())
	release = context.AfterFunc(ctx, func() {
		// Wait cancels ctx as well. Its cause then is not an error of a function.
		if context.Cause(ctx) != context.Canceled {
			kill()
		}
	})
	return group, release
}

// run lets each worker take the next task when it is free. Handing out fixed shares beforehand
// would need fewer messages, but one slow worker would then hold up the whole sample.
func (x *processPool) run(all []outcome) error {
	var next atomic.Int64
	return x.forEach(func(worker int, w *workerProcess) error {
		payload := x.payload()
		for {
			i := int(next.Add(1)) - 1
			if i >= len(all) {
				return nil
			}
			var err error
			if all[i], err = x.timed(worker, func() (outcome, error) {
				return w.do(uint64(i), payload(uint64(i)))
			}); err != nil {
				return err
			}
		}
	})
}

// stop ends all workers and adds up their usage. The semaphore is removed last: a worker that is
// still in a task needs it.
//
// Peaks are added up, because all workers of a pool live at once.
func (x *processPool) stop() (u childUsage, err error) {
	err = x.forEach(func(_ int, w *workerProcess) error { return w.stop() })
	for _, w := range x.workers {
		w.kill() // does nothing if stop succeeded
		u.add(w)
		u.peak += w.final.Peak
	}
	if x.endSemaphore != nil {
		err = errors.Join(err, x.endSemaphore())
	}
	return u, err
}

// childUsage adds up the usage of the worker processes of a sample.
type childUsage struct {
	all     rusage.Usage    // from their start to their end
	steady  rusage.Usage    // from being ready to the last task
	peak    int64           // bytes of as many workers as run at once
	startup []time.Duration // time until each was ready
}

// add adds the usage of a worker that has ended.
func (u *childUsage) add(w *workerProcess) {
	u.all = u.all.Plus(w.total)
	u.steady = u.steady.Plus(w.final.Usage.Minus(w.atReady))
	u.startup = append(u.startup, w.startup)
}

// serveSemaphore creates the semaphore that the workers share.
func (s spec) serveSemaphore() (end func() error, err error) {
	semaphore, err := findProcessSemaphore(s.Process)
	if err != nil {
		return nil, err
	}
	return semaphore.serve(s.Path, s.Permits)
}

// A processStarter starts a process for each task, as many at a time as the row has workers. This
// is how shell scripts and CGI use processes. A task here includes the start of its process, which
// is the point of the mode.
type processStarter struct {
	spec
	endSemaphore func() error

	mu      sync.Mutex // guards the fields below
	usage   childUsage
	running map[*workerProcess]bool
	failed  bool // a task failed: start no more processes
}

// start makes only the semaphore: in this mode the workers are started during the tasks.
func (x *processStarter) start() (err error) {
	x.running = make(map[*workerProcess]bool)
	x.endSemaphore, err = x.serveSemaphore()
	return err
}

func (x *processStarter) run(all []outcome) error {
	group, release := newKillingGroup(x.kill)
	defer release()
	var next atomic.Int64
	for worker := range x.Workers {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(all) {
					return nil
				}
				var err error
				all[i], err = x.timed(worker, func() (outcome, error) {
					return x.doInNewProcess(uint64(i))
				})
				if err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

var errOtherWorker = errors.New("another worker failed")

// doInNewProcess starts a worker, lets it do one task, and waits for its end.
//
// The usage of a worker is added even after an error.
func (x *processStarter) doInNewProcess(i uint64) (o outcome, err error) {
	w, err := x.startRunning()
	if err != nil {
		return o, err
	}
	if err = w.waitReady(); err == nil {
		o, err = w.do(i, nil)
	}
	if err == nil {
		err = w.stop()
	}
	w.kill() // does nothing if stop succeeded
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.running, w)
	x.usage.add(w)
	// At most x.Workers processes run at once. The sum of their peaks is at most the largest peak
	// times their number.
	x.usage.peak = max(x.usage.peak, w.final.Peak*int64(x.Workers))
	return o, err
}

// startRunning holds the lock while it starts a worker. Otherwise kill could come between the start
// and the entry in running, and miss the worker.
func (x *processStarter) startRunning() (*workerProcess, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.failed {
		return nil, errOtherWorker
	}
	w, err := x.startWorker()
	if err == nil {
		x.running[w] = true
	}
	return w, err
}

// kill ends the running processes and prevents new ones.
func (x *processStarter) kill() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.failed = true
	for w := range x.running {
		_ = w.cmd.Process.Kill()
	}
}

// stop is called after run has returned, when no goroutine uses x any more. It needs no lock.
func (x *processStarter) stop() (u childUsage, err error) {
	u = x.usage
	u.steady = u.all // starting a process is part of every task in this mode
	if x.endSemaphore != nil {
		err = x.endSemaphore()
	}
	return u, err
}

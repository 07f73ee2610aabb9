package parallel

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/semabench/semabench/impls"
)

// A goroutineExecutor does tasks in goroutines of this process. For Serial the calling goroutine
// does all of them. GOMAXPROCS decides how many goroutines run at once.
type goroutineExecutor struct {
	spec
	table []impls.Impl
	sem   impls.Semaphore
	job   job
	tasks []task // one for each goroutine

	begin      chan struct{} // closed when the goroutines may begin
	goroutines errgroup.Group
	all        []outcome
	next       atomic.Int64 // number of the next task
}

// start creates the goroutines and lets them wait for begin. Their creation counts as start-up,
// just as the start of processes does.
//
// The wait for all goroutines to have begun is part of the start-up, so no creation happens
// during the tasks.
func (x *goroutineExecutor) start() (err error) {
	if x.sem, err = x.inProcessSemaphore(x.table); err != nil {
		return err
	}
	if x.job, err = works[x.Work](x.spec); err != nil {
		return err
	}
	for range x.Workers {
		do, err := x.job.newTask()
		if err != nil {
			return err
		}
		x.tasks = append(x.tasks, do)
	}
	switch {
	case x.Work == workMessages:
		// The receiver is a goroutine of sendMessages. The message that is compared in full goes
		// directly to the task here, since memory is shared anyway.
		_, err := x.tasks[0](verifiedMessage, x.payload()(verifiedMessage))
		return err
	case x.Mode == Serial:
		return nil
	}
	x.begin = make(chan struct{})
	var started sync.WaitGroup
	for i, do := range x.tasks {
		started.Add(1)
		x.goroutines.Go(func() error {
			started.Done()
			<-x.begin
			return x.doTasks(i, do)
		})
	}
	started.Wait()
	return nil
}

// run lets each goroutine take the next task when it is free. A shared counter is the cheapest way
// to hand out tasks within a process, which is the advantage that threads are said to have. Only
// the work of messages uses a channel, because there the message is the task.
//
// x.all needs no lock. The close of begin is synchronized before the receive in each goroutine, and
// the return of each goroutine before the return of Wait.
func (x *goroutineExecutor) run(all []outcome) error {
	x.all = all // before close(begin), which publishes it to the goroutines
	switch {
	case x.Work == workMessages:
		return x.sendMessages(all)
	case x.Mode == Serial:
		return x.doTasks(0, x.tasks[0])
	}
	close(x.begin)
	return x.goroutines.Wait()
}

// doTasks does tasks until none is left. Each goroutine writes other elements of x.all, and run
// reads them after Wait, so they need no lock.
//
// A goroutine that fails returns, and the others finish their share: a sample with an error is
// dropped as a whole.
func (x *goroutineExecutor) doTasks(worker int, do task) error {
	for {
		i := int(x.next.Add(1)) - 1
		if i >= len(x.all) {
			return nil
		}
		var err error
		x.all[i], err = x.timed(worker, func() (outcome, error) {
			return x.doAdmitted(context.Background(), x.sem, do, uint64(i), nil)
		})
		if err != nil {
			return fmt.Errorf("task %d: %w", i, err)
		}
	}
}

// sendMessages sends each message over a channel to a goroutine that waits for it, and waits for
// the answer.
//
// The channels are unbuffered, and one message is under way at a time, exactly as between
// processes. A message over a channel passes a pointer: its price should not depend on its size. A
// message over a pipe is copied into the kernel and out of it. The work shows this difference.
func (x *goroutineExecutor) sendMessages(all []outcome) error {
	type message struct {
		i       uint64
		payload []byte
	}
	type answer struct {
		outcome
		error
	}
	messages, answers := make(chan message), make(chan answer)
	go func() {
		for m := range messages {
			o, err := x.doAdmitted(context.Background(), x.sem, x.tasks[0], m.i, m.payload)
			answers <- answer{o, err}
		}
	}()
	defer close(messages)
	payload := x.payload()
	for i := range all {
		var err error
		all[i], err = x.timed(0, func() (outcome, error) {
			messages <- message{uint64(i), payload(uint64(i))}
			a := <-answers
			return a.outcome, a.error
		})
		if err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
	}
	return nil
}

// stop returns no usage of children: everything ran in this process, which sample measures itself.
//
// The semaphore is closed last, when no task can use it any more.
func (x *goroutineExecutor) stop() (childUsage, error) {
	err := x.job.end()
	if x.sem != nil {
		err = errors.Join(err, impls.Close(x.sem))
	}
	return childUsage{}, err
}

// inProcessSemaphore makes the semaphore of goroutines that the options named.
func (s spec) inProcessSemaphore(table []impls.Impl) (impls.Semaphore, error) {
	for _, impl := range table {
		if impl.Name == s.Impl {
			return impl.Make(s.Permits)
		}
	}
	return nil, fmt.Errorf("unknown implementation %q: pass it to parallel.ChildMain", s.Impl)
}

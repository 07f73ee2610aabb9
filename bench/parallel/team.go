package parallel

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
)

// A team does the tasks of one sample in one mode. All methods are called once, in this order, by one
// goroutine; stop also after an error.
type team interface {
	start() error             // everything before the first task
	work(all []outcome) error // does task i for each all[i]
	stop() (childUsage, error)
}

// childUsage is of the children of a sample.
type childUsage struct {
	all     usage           // from their beginning to their end
	steady  usage           // from when they were ready to when there were no more tasks
	peak    int64           // bytes of as many as ran at once
	startup []time.Duration // until each was ready
}

func newTeam(r request, table []impls.Impl) (team, error) {
	switch r.Mode {
	case Serial, OneCore, Goroutines:
		return &threads{request: r, table: table}, nil
	case Processes:
		return &pool{request: r}, nil
	case ProcessPerTask:
		return &spawner{request: r}, nil
	}
	return nil, fmt.Errorf("unknown mode %q", r.Mode)
}

// threads are goroutines, or none for Serial. How many of them run at once GOMAXPROCS decides.
type threads struct {
	request
	table []impls.Impl
	sem   impls.Semaphore
	job   job
	tasks []task
	begin chan struct{}
	crew  crew
	all   []outcome
	next  atomic.Int64
}

func (t *threads) start() (err error) {
	if t.sem, err = t.semaphore(t.table); err != nil {
		return err
	}
	if t.job, err = works[t.Work](t.request); err != nil {
		return err
	}
	for range t.Workers {
		do, err := t.job.worker()
		if err != nil {
			return err
		}
		t.tasks = append(t.tasks, do)
	}
	switch {
	case t.Work == handing:
		_, err := t.tasks[0](inFull, t.payload()(inFull))
		return err
	case t.Mode == Serial:
		return nil
	}
	t.begin = make(chan struct{})
	var started sync.WaitGroup
	for w, do := range t.tasks {
		started.Add(1)
		t.crew.hire(func() error {
			started.Done()
			<-t.begin
			return t.share(w, do)
		})
	}
	started.Wait()
	return nil
}

// work lets the goroutines take tasks as they come to them. Memory is shared, so a counter is all that
// it takes; only where messages are what is measured, there is a channel.
func (t *threads) work(all []outcome) error {
	t.all = all
	switch {
	case t.Work == handing:
		return t.handOver(all)
	case t.Mode == Serial:
		return t.share(0, t.tasks[0])
	}
	close(t.begin)
	return t.crew.wait()
}

func (t *threads) share(w int, do task) error {
	for {
		i := int(t.next.Add(1)) - 1
		if i >= len(t.all) {
			return nil
		}
		if err := t.perform(w, do, i, nil); err != nil {
			return err
		}
	}
}

func (t *threads) perform(w int, do task, i int, payload []byte) (err error) {
	t.all[i], err = t.timed(w, func() (outcome, error) {
		return t.admitted(context.Background(), t.sem, do, uint64(i), payload)
	})
	if err != nil {
		return fmt.Errorf("task %d: %w", i, err)
	}
	return nil
}

// handOver sends each payload over a channel to a goroutine that waits for it, and waits for the answer.
func (t *threads) handOver(all []outcome) error {
	type parcel struct {
		i       uint64
		payload []byte
	}
	type reply struct {
		outcome
		error
	}
	there, back := make(chan parcel), make(chan reply)
	go func() {
		for p := range there {
			o, err := t.admitted(context.Background(), t.sem, t.tasks[0], p.i, p.payload)
			back <- reply{o, err}
		}
	}()
	defer close(there)
	payload := t.payload()
	for i := range all {
		var err error
		all[i], err = t.timed(0, func() (outcome, error) {
			there <- parcel{uint64(i), payload(uint64(i))}
			r := <-back
			return r.outcome, r.error
		})
		if err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
	}
	return nil
}

func (t *threads) stop() (childUsage, error) {
	err := t.job.end()
	if t.sem != nil {
		err = errors.Join(err, impls.Close(t.sem))
	}
	return childUsage{}, err
}

// A crew is goroutines of which the first error counts: the others fail because of it.
type crew struct {
	all   sync.WaitGroup
	once  sync.Once
	err   error
	onErr func() // may be nil
}

func (c *crew) hire(do func() error) {
	c.all.Go(func() {
		if err := do(); err != nil {
			c.once.Do(func() {
				c.err = err
				if c.onErr != nil {
					c.onErr()
				}
			})
		}
	})
}

func (c *crew) wait() error {
	c.all.Wait()
	return c.err
}

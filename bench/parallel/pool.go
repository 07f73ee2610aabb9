package parallel

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A pool is processes that are started once. Each has a goroutine here that sends it a task and waits
// for the answer.
type pool struct {
	request
	end     func() error // of the semaphore
	workers []*worker
}

func (p *pool) start() (err error) {
	if p.end, err = p.serveSemaphore(); err != nil {
		return err
	}
	for range p.Workers {
		w, err := p.startWorker()
		if err != nil {
			return err
		}
		p.workers = append(p.workers, w)
	}
	err = p.each((*worker).waitReady)
	if err == nil && p.Work == handing {
		_, err = p.workers[0].do(inFull, p.payload()(inFull))
	}
	return err
}

// each does something to all workers at once, and kills all after the first error, as some would wait
// for what never comes.
func (p *pool) each(do func(w *worker) error) error {
	c := crew{onErr: p.kill}
	for _, w := range p.workers {
		c.hire(func() error { return do(w) })
	}
	return c.wait()
}

func (p *pool) kill() {
	for _, w := range p.workers {
		_ = w.cmd.Process.Kill()
	}
}

func (p *pool) work(all []outcome) error {
	var next atomic.Int64
	var number atomic.Int32
	return p.each(func(w *worker) error {
		me, payload := int(number.Add(1))-1, p.payload()
		for {
			i := int(next.Add(1)) - 1
			if i >= len(all) {
				return nil
			}
			var err error
			if all[i], err = p.timed(me, func() (outcome, error) {
				return w.do(uint64(i), payload(uint64(i)))
			}); err != nil {
				return err
			}
		}
	})
}

// timed adds what only this side knows.
func (r *request) timed(who int, do func() (outcome, error)) (outcome, error) {
	var asked time.Time
	if r.Timed {
		asked = time.Now()
	}
	o, err := do()
	if r.Timed {
		o.took = int64(time.Since(asked))
	}
	o.worker = who
	return o, err
}

func (p *pool) stop() (u childUsage, err error) {
	err = p.each((*worker).end)
	for _, w := range p.workers {
		w.kill() // if it has not ended
		u.add(w)
		u.peak += w.left.Peak
	}
	if p.end != nil {
		err = errors.Join(err, p.end())
	}
	return u, err
}

func (u *childUsage) add(w *worker) {
	u.all = u.all.plus(w.ended)
	u.steady = u.steady.plus(w.left.Usage.minus(w.started))
	u.startup = append(u.startup, w.took)
}

func (r request) serveSemaphore() (end func() error, err error) {
	kind, err := sharedKind(r.Process)
	if err != nil {
		return nil, err
	}
	return kind.serve(r.Path, r.Permits)
}

// A spawner starts a process for each task, as many at a time as it has workers.
type spawner struct {
	request
	end func() error

	mu     sync.Mutex // guards what follows
	usage  childUsage
	alive  map[*worker]bool
	broken bool // no more are started
}

func (s *spawner) start() (err error) {
	s.alive = make(map[*worker]bool)
	s.end, err = s.serveSemaphore()
	return err
}

func (s *spawner) work(all []outcome) error {
	c := crew{onErr: s.kill}
	var next atomic.Int64
	for who := range s.Workers {
		c.hire(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(all) {
					return nil
				}
				var err error
				all[i], err = s.timed(who, func() (outcome, error) { return s.one(uint64(i)) })
				if err != nil {
					return err
				}
			}
		})
	}
	return c.wait()
}

var errOthers = errors.New("another worker failed")

// one is the life of a process.
func (s *spawner) one(i uint64) (o outcome, err error) {
	s.mu.Lock()
	if s.broken {
		s.mu.Unlock()
		return o, errOthers
	}
	w, err := s.startWorker()
	if err != nil {
		s.mu.Unlock()
		return o, err
	}
	s.alive[w] = true
	s.mu.Unlock()
	if err = w.waitReady(); err == nil {
		o, err = w.do(i, nil)
	}
	if err == nil {
		err = w.end()
	}
	w.kill() // if it has not ended
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.alive, w)
	s.usage.add(w)
	s.usage.peak = max(s.usage.peak, w.left.Peak*int64(s.Workers))
	return o, err
}

func (s *spawner) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = true
	for w := range s.alive {
		_ = w.cmd.Process.Kill()
	}
}

func (s *spawner) stop() (u childUsage, err error) {
	u = s.usage
	u.steady = u.all // starting is part of every task
	if s.end != nil {
		err = s.end()
	}
	return u, err
}

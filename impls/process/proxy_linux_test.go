package process_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/process"
	"github.com/semabench/semabench/stress"
)

// A proxy is one semaphore that two processes share. Each call is carried out by one of the two, in
// turn. So the clauses for a semaphore of one process check the behaviour between processes. The
// proxy counts what each process holds, because only that process may release it.
type proxy struct {
	executors [2]*executor
	number    uint64 // identifies the semaphore in the executors
	turn      atomic.Uint64
	closers   []func() error

	size int64
	own  int64 // permits that a jobserver client holds beyond the size, see joinWithPermit

	mu   sync.Mutex
	held [2]int64

	whole sync.RWMutex // a try meets all of a Release or none of it, see Release
}

var everyClause = flag.Bool("process.clauses", false,
	"check every clause of the contract between two processes, not only random programs; "+
		"takes two minutes")

// The contract holds between two processes: by default random programs check it, with the flag
// every clause does. The jobserver plays no random programs. A TryAcquire of it may fail while
// another process takes several tokens and writes them back, see asPromised. So a run of every
// clause has to skip its clauses C34 and R1, as scripts/process.sh does.
func TestContractBetweenProcesses(t *testing.T) {
	for _, impl := range process.All() {
		t.Run(impl.Name, func(t *testing.T) {
			if impl.Name == "jobserver" && !*everyClause {
				t.Skip("-process.clauses checks its clauses, see scripts/process.sh")
			}
			if *everyClause {
				limitOps(t, 2000)
				stress.Run(t, proxied(t, impl, impl.Name))
				return
			}
			c := stress.Campaign{Impl: proxied(t, impl, impl.Name), Seed: rand.Uint64() >> 1}
			if _, failure := c.Play(t.Context(), 1000); failure != nil {
				t.Error(failure.Report)
			}
		})
	}
}

// The proxy does not hide a defect: a TryAcquire that keeps a part is seen through it.
func TestProxyShowsDefect(t *testing.T) {
	for _, impl := range process.All() {
		if impl.Name == "jobserver" {
			continue
		}
		for _, defect := range []string{"right", "partial-take"} {
			sem := proxied(t, impl, "broken="+defect+" "+impl.Name).New(3)
			mustAcquire(t, sem, 1)
			if sem.TryAcquire(3) {
				t.Errorf("%s, %s: TryAcquire(3) = true with 2 of 3 permits free", impl.Name, defect)
			}
			if unchanged := sem.TryAcquire(2); unchanged != (defect == "right") {
				t.Errorf("%s, %s: TryAcquire(2) after a failed TryAcquire(3) = %v, want %v",
					impl.Name, defect, unchanged, !unchanged)
			}
			must(t, impls.Close(sem))
		}
	}
}

// proxied returns impl in two processes. prefix is the spec of openSpec without path and size.
func proxied(t *testing.T, impl impls.Impl, prefix string) impls.Impl {
	executors := [2]*executor{startExecutor(t), startExecutor(t)}
	var number atomic.Uint64
	mechanism := impl.Name
	impl.Name += "-between"
	impl.Order = impls.Unspecified // requests of two processes may reach the mechanism in any order
	impl.New = func(size int64) impls.Semaphore {
		if size < 0 {
			panic("proxy: negative size")
		}
		path := filepath.Join(t.TempDir(), mechanism)
		p := must2(newProxy(executors, number.Add(1), mechanism, path, size))
		p.open(fmt.Sprintf("%s %s %d", prefix, path, size))
		return p
	}
	return impl
}

func newProxy(
	executors [2]*executor, number uint64, mechanism, path string, size int64,
) (*proxy, error) {
	p := &proxy{executors: executors, number: number, size: size}
	switch mechanism {
	case "broker":
		server, err := process.ListenBroker(path, size)
		if err != nil {
			return nil, err
		}
		p.closers = append(p.closers, server.Close)
	case "sysv":
		p.closers = append(p.closers, func() error { return process.RemoveSysV(path) })
	case "slots":
		p.closers = append(p.closers, func() error { return os.Remove(path) })
	case "jobserver":
		server, err := process.ServeJobserver(path, size)
		if err != nil {
			return nil, err
		}
		p.closers, p.own = append(p.closers, server.Close), 1
	}
	return p, nil
}

func (p *proxy) open(spec string) {
	for _, e := range p.executors {
		if r := e.call("open", p.number, 0, spec); r.Result != "ok" {
			panic(r.Result)
		}
	}
}

func (p *proxy) Acquire(ctx context.Context, n int64) error {
	mustBeWeight(n)
	if err := ctx.Err(); err != nil {
		return err
	}
	at := p.next()
	id, replied := p.executors[at].send("acquire", p.number, p.beyond(n, p.size), "")
	var r response
	select {
	case r = <-replied:
	case <-ctx.Done():
		p.executors[at].cancel(id)
		r = <-replied
	}
	switch r.Result {
	case "ok":
		p.add(at, n)
		return nil
	case context.Canceled.Error():
		return ctx.Err()
	}
	return errors.New(r.Result)
}

func (p *proxy) TryAcquire(n int64) bool {
	mustBeWeight(n)
	p.whole.RLock()
	defer p.whole.RUnlock()
	at := p.next()
	ok := p.executors[at].call("try", p.number, p.beyond(n, p.size), "").Result == "ok"
	if ok {
		p.add(at, n)
	}
	return ok
}

// Release makes the processes release what they hold. If one process holds all n, it releases all.
//
// Otherwise two processes release a part each, and no mechanism makes two calls of two processes one. A Release
// of the contract takes effect at one moment, and a TryAcquire between the parts would show that this one does not. So
// the tries of this proxy wait meanwhile. A call of Acquire needs no lock: it waits for the second part anyway.
func (p *proxy) Release(n int64) {
	mustBeWeight(n)
	parts := p.split(n)
	if parts[0] > 0 && parts[1] > 0 {
		p.whole.Lock()
		defer p.whole.Unlock()
	}
	for at, part := range parts {
		if part == 0 && (n > 0 || at > 0) {
			continue
		}
		if r := p.executors[at].call("release", p.number, part, ""); r.Result != "ok" {
			p.add(at, part)
			panic(r.Result)
		}
	}
}

// split divides n into parts that the processes hold. If they hold too little together, the first
// process has to release all n, and so to panic.
func (p *proxy) split(n int64) (parts [2]int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	enough := func(held int64) bool { return held >= n }
	if at := slices.IndexFunc(p.held[:], enough); at >= 0 {
		parts[at] = n
	} else if parts = p.held; p.held[0]+p.held[1] < n {
		parts = [2]int64{p.beyond(n, 0), 0}
	} else {
		parts[1] = n - parts[0]
	}
	for at := range parts {
		p.held[at] -= parts[at]
	}
	return parts
}

// beyond returns n if it is at most limit. A larger n must be too much for the process too, so it
// grows by the permits that a jobserver client holds beyond the size.
func (p *proxy) beyond(n, limit int64) int64 {
	if n <= limit {
		return n
	}
	return n + min(p.own, math.MaxInt64-n)
}

func (p *proxy) add(at int, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held[at] += n
}

func (p *proxy) next() int { return int(p.turn.Add(1) % uint64(len(p.executors))) }

func (p *proxy) Close() (err error) {
	for _, e := range p.executors {
		if r := e.call("close", p.number, 0, ""); r.Result != "ok" {
			err = errors.Join(err, errors.New(r.Result))
		}
	}
	for _, c := range p.closers {
		err = errors.Join(err, c())
	}
	return err
}

func mustBeWeight(n int64) {
	if n < 0 {
		panic("proxy: negative weight")
	}
}

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

// A relay is one semaphore in two processes: each call is carried out by one of them, by turns, so that
// the judges of one process judge what is between several. It keeps who holds what, as
// permits can be released only where they were acquired.
type proxy struct {
	executors [2]*executor
	number    uint64 // of the semaphore, for the workers
	turn      atomic.Uint64
	closers   []func() error

	// Guests of a jobserver hold a permit of their own, see joinAsGuest: too much is one more for them.
	size, own int64

	mu   sync.Mutex
	held [2]int64
}

var everyClause = flag.Bool("process.clauses", false, "check every clause of the contract between two "+
	"processes too, not random programs only; takes two minutes")

// The contract with two processes: random programs, and by a flag every clause. The jobserver plays no
// random programs, as a try of it may fail while another process takes several tokens and puts them
// back, see asPromised: who checks every clause of it has to -skip C34 and R1.
func TestContractBetweenProcesses(t *testing.T) {
	for _, impl := range process.All() {
		t.Run(impl.Name, func(t *testing.T) {
			if impl.Name == "jobserver" && !*everyClause {
				t.Skip("its clauses are checked by -process.clauses, as scripts/process.sh does")
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

// What is wrong in one of two processes is seen through a relay.
func TestRelayHidesNothing(t *testing.T) {
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
				t.Errorf("%s, %s: TryAcquire(2) = %v after a failed TryAcquire(3)", impl.Name, defect, unchanged)
			}
			must(t, impls.Close(sem))
		}
	}
}

// between is impl in two processes. Each semaphore of it is a site that begins with what.
func proxied(t *testing.T, impl impls.Impl, what string) impls.Impl {
	executors := [2]*executor{startExecutor(t), startExecutor(t)}
	var number atomic.Uint64
	mechanism := impl.Name
	impl.Name += "-between"
	impl.Order = impls.Unspecified // who asks first here need not be heard first
	impl.New = func(size int64) impls.Semaphore {
		if size < 0 {
			panic("relay: negative size")
		}
		path := filepath.Join(t.TempDir(), mechanism)
		r := must2(newProxy(executors, number.Add(1), mechanism, path, size))
		r.open(fmt.Sprintf("%s %s %d", what, path, size))
		return r
	}
	return impl
}

func newProxy(executors [2]*executor, number uint64, mechanism, path string, size int64) (*proxy, error) {
	r := &proxy{executors: executors, number: number, size: size}
	switch mechanism {
	case "broker":
		server, err := process.ListenBroker(path, size)
		if err != nil {
			return nil, err
		}
		r.closers = append(r.closers, server.Close)
	case "sysv":
		r.closers = append(r.closers, func() error { return process.RemoveSysV(path) })
	case "slots":
		r.closers = append(r.closers, func() error { return os.Remove(path) })
	case "jobserver":
		server, err := process.ServeJobserver(path, size)
		if err != nil {
			return nil, err
		}
		r.closers, r.own = append(r.closers, server.Close), 1
	}
	return r, nil
}

func (r *proxy) open(what string) {
	for _, w := range r.executors {
		if a := w.ask("open", r.number, 0, what); a.Result != "ok" {
			panic(a.Result)
		}
	}
}

func (r *proxy) Acquire(ctx context.Context, n int64) error {
	mustBeWeight(n)
	if err := ctx.Err(); err != nil {
		return err
	}
	at := r.next()
	id, replied := r.executors[at].send("acquire", r.number, r.beyond(n, r.size), "")
	var a answer
	select {
	case a = <-replied:
	case <-ctx.Done():
		r.executors[at].cancel(id)
		a = <-replied
	}
	switch a.Result {
	case "ok":
		r.add(at, n)
		return nil
	case context.Canceled.Error():
		return ctx.Err()
	}
	return errors.New(a.Result)
}

func (r *proxy) TryAcquire(n int64) bool {
	mustBeWeight(n)
	at := r.next()
	ok := r.executors[at].ask("try", r.number, r.beyond(n, r.size), "").Result == "ok"
	if ok {
		r.add(at, n)
	}
	return ok
}

// Release lets the processes release what they hold, if possible one of them all.
func (r *proxy) Release(n int64) {
	mustBeWeight(n)
	for at, part := range r.share(n) {
		if part == 0 && (n > 0 || at > 0) {
			continue
		}
		if a := r.executors[at].ask("release", r.number, part, ""); a.Result != "ok" {
			r.add(at, part)
			panic(a.Result)
		}
	}
}

// share takes n from what the processes hold. Of too little the first is to release all, and so to panic.
func (r *proxy) share(n int64) (parts [2]int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at := slices.IndexFunc(r.held[:], func(held int64) bool { return held >= n }); at >= 0 {
		parts[at] = n
	} else if parts = r.held; r.held[0]+r.held[1] < n {
		parts = [2]int64{r.beyond(n, 0), 0}
	} else {
		parts[1] = n - parts[0]
	}
	for at := range parts {
		r.held[at] -= parts[at]
	}
	return parts
}

// beyond returns n, or if it is more than there is, what is more than there is for a guest.
func (r *proxy) beyond(n, most int64) int64 {
	if n <= most {
		return n
	}
	return n + min(r.own, math.MaxInt64-n)
}

func (r *proxy) add(at int, n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held[at] += n
}

func (r *proxy) next() int { return int(r.turn.Add(1) % uint64(len(r.executors))) }

func (r *proxy) Close() (err error) {
	for _, w := range r.executors {
		if a := w.ask("close", r.number, 0, ""); a.Result != "ok" {
			err = errors.Join(err, errors.New(a.Result))
		}
	}
	for _, c := range r.closers {
		err = errors.Join(err, c())
	}
	return err
}

func mustBeWeight(n int64) {
	if n < 0 {
		panic("relay: negative weight")
	}
}

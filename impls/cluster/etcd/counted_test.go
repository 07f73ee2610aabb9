package etcd

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/internal/longtest"
)

// A counter counts the requests of an engine.
type counter struct {
	mu      sync.Mutex
	txns    map[string]int
	watches atomic.Int64 // open now
	most    atomic.Int64 // watches open at once
	wakeups atomic.Int64 // answers of watches that carry events
}

// counted returns an engine whose requests are counted.
func counted(e *Engine) (*Engine, *counter) {
	c := &counter{txns: map[string]int{}}
	inner := e.calls
	counting := *e
	counting.calls.txn = func(ctx context.Context, t tx) (*clientv3.TxnResponse, error) {
		c.mu.Lock()
		c.txns[t.purpose]++
		c.mu.Unlock()
		return inner.txn(ctx, t)
	}
	counting.calls.watch = func(ctx context.Context, from, end string, revision int64) clientv3.WatchChan {
		in := inner.watch(ctx, from, end, revision)
		out := make(chan clientv3.WatchResponse)
		now := c.watches.Add(1)
		for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
		}
		go func() {
			defer c.watches.Add(-1)
			defer close(out)
			for r := range in {
				if len(r.Events) > 0 {
					c.wakeups.Add(1)
				}
				select {
				case out <- r:
				case <-ctx.Done():
				}
			}
		}()
		return out
	}
	return &counting, c
}

// take returns the counts since the last call, without the background reads of Renew.
func (c *counter) take() (counts map[string]int, sum int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts, c.txns = c.txns, map[string]int{}
	delete(counts, "verify")
	for _, n := range counts {
		sum += n
	}
	return counts, sum
}

// An uncontended permit costs one transaction to take and one to give back, for one session and for
// sessions that take turns.
func TestUncontendedTransactions(t *testing.T) {
	e, c := counted(newEngine(t))
	name := newName(t)
	const rounds = 50
	for _, sessions := range []int{1, 3} {
		var all []*cluster.Session
		for range sessions {
			all = append(all, open(t, e, name, 1, 10*time.Second))
		}
		c.take()
		for i := range rounds {
			must(t, acquire(t, all[i%sessions], 1).Release(t.Context()))
		}
		counts, sum := c.take()
		t.Logf("%d sessions: %.2f transactions for take and give: %v", sessions, float64(sum)/rounds, counts)
		if sum != 2*rounds {
			t.Errorf("%d sessions: %d transactions for %d rounds, want %d", sessions, sum, rounds, 2*rounds)
		}
	}
}

// Several sessions that hold permits of the same semaphore at once may find their view too old. A
// take then costs two transactions, and never more, as the first one puts the request into the queue.
func TestOverlappingTransactions(t *testing.T) {
	e, c := counted(newEngine(t))
	name := newName(t)
	a, b := open(t, e, name, 10, 10*time.Second), open(t, e, name, 10, 10*time.Second)
	c.take()
	const rounds = 30
	for range rounds {
		l, k := acquire(t, a, 2), acquire(t, b, 3)
		must(t, l.Release(t.Context()))
		must(t, k.Release(t.Context()))
	}
	counts, sum := c.take()
	t.Logf("%.2f transactions for take and give: %v", float64(sum)/rounds/2, counts)
	if sum > 3*2*rounds {
		t.Errorf("%d transactions for %d takes and gives, want at most 3 each", sum, 2*rounds)
	}
}

// After a release, the first in line needs one transaction. The next in line needs one read to become
// first; that is not in the way of the hand-off.
func TestHandOffTransactions(t *testing.T) {
	e, c := counted(newEngine(t))
	name := newName(t)
	a, b := open(t, e, name, 1, 10*time.Second), open(t, e, name, 1, 10*time.Second)
	held := acquire(t, a, 1)
	for round := range 10 {
		granted := make(chan *cluster.Lease)
		go func() { granted <- acquire(t, b, 1) }()
		waitersAre(t, a, 1)
		c.take()
		must(t, held.Release(t.Context()))
		held = <-granted
		counts, sum := c.take()
		if sum != 2 || counts["give"] != 1 || counts["take"] != 1 {
			t.Fatalf("round %d: hand-off took %v, want one give and one take", round, counts)
		}
	}
}

// A thousand waiters have one watch each, and a release wakes two of them: the first in line, and
// the one behind it when the first has left the queue.
func TestManyWaiters(t *testing.T) {
	waiters := longtest.Or(t, "waiters", 1000, 100)
	e, c := counted(newEngine(t))
	s := open(t, e, newName(t), 1, 30*time.Second)
	held := acquire(t, s, 1)
	before := memory()
	granted := make(chan *cluster.Lease)
	for range waiters {
		go func() {
			l, err := s.Acquire(t.Context(), 1)
			if err != nil {
				t.Error(err)
			}
			granted <- l
		}()
	}
	waitersAre(t, s, int64(waiters))
	for c.watches.Load() != int64(waiters) { // each waiter opens its watch after it is in the queue
		time.Sleep(5 * time.Millisecond)
	}
	t.Logf("memory with client and server in one process: %d bytes a waiter",
		int64(memory()-before)/int64(waiters))
	c.take()
	c.wakeups.Store(0)
	for range waiters {
		must(t, held.Release(t.Context()))
		held = <-granted
	}
	must(t, held.Release(t.Context()))
	counts, sum := c.take()
	each := float64(c.wakeups.Load()) / float64(waiters)
	t.Logf("%d waiters: at most %d watches, %.2f wake-ups and %.2f transactions for each hand-off: %v",
		waiters, c.most.Load(), each, float64(sum)/float64(waiters), counts)
	if c.most.Load() > int64(waiters) {
		t.Errorf("%d watches at once, want one for each of %d waiters", c.most.Load(), waiters)
	}
	if each > 2 {
		t.Errorf("%.2f wake-ups for each release, want at most 2", each)
	}
	if sum > 4*waiters {
		t.Errorf("%d transactions for %d hand-offs, want at most 4 each", sum, waiters)
	}
}

func memory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

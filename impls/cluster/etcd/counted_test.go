package etcd

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/internal/trial"
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

// A Release of permits that came in many leases is one transaction, so no try finds some of them free and the
// others not. More leases than etcd takes conditions need more than one.
func TestReleaseTogether(t *testing.T) {
	e, c := counted(newEngine(t))
	s := open(t, e, newName(t), 2*cluster.MaxGives, 30*time.Second)
	sem := cluster.AsSemaphore(s)
	for leases, want := range map[int64]int{1: 1, 2: 1, 4: 1, cluster.MaxGives: 1, cluster.MaxGives + 1: 2} {
		for range leases {
			must(t, sem.Acquire(t.Context(), 1))
		}
		c.take()
		sem.Release(leases)
		if counts, _ := c.take(); counts["give"] != want {
			t.Errorf("%d leases: %v, want %d transactions", leases, counts, want)
		}
	}
	// A part of the oldest lease stays.
	for range 3 {
		must(t, sem.Acquire(t.Context(), 4))
	}
	c.take()
	sem.Release(9)
	counts, _ := c.take()
	if st, err := s.Stats(t.Context()); err != nil || st.Held != 3 || counts["give"] != 1 {
		t.Errorf("after 9 of 12 permits: %+v, %v, %v", st, err, counts)
	}
}

// A Release whose answer is lost, or of which a person has deleted one grant, gives back every other permit, and no
// permit twice: another session has taken some meanwhile.
func TestReleaseTogetherDisturbed(t *testing.T) {
	for _, trouble := range []string{"lost answer", "deleted grant", "lost answer and deleted grant", "part"} {
		t.Run(trouble, func(t *testing.T) {
			w := newWorld(t, bug{})
			a, b := w.Open(6, 30*time.Second), w.Open(6, 30*time.Second)
			sem := cluster.AsSemaphore(a)
			for range 3 {
				must(t, sem.Acquire(t.Context(), 2))
			}
			if trouble != "lost answer" && trouble != "part" {
				k := keysOf(w.Name)
				r, err := client(t).Get(t.Context(), k.held(""), clientv3.WithPrefix(), clientv3.WithKeysOnly())
				must(t, err)
				_, err = client(t).Delete(t.Context(), string(r.Kvs[1].Key))
				must(t, err)
			}
			if trouble != "deleted grant" {
				w.set(func() { w.lose = once("give") })
			}
			n, left := int64(6), int64(0)
			if trouble == "part" {
				n, left = 5, 1
			}
			sem.Release(n)
			must(t, w.HeldIs(b, left))
			acquire(t, b, 6-left)
			must(t, trial.RefusedNow(a, "all permits are held"))
			must(t, w.HeldIs(b, 6))
		})
	}
}

// A Give of several grants reports a grant that a person has deleted, and not a grant that its own lost
// transaction has given back.
func TestGiveReports(t *testing.T) {
	for _, c := range []struct {
		lose, remove bool
		cause        error
	}{{false, false, nil}, {true, false, nil}, {false, true, cluster.ErrLost}} {
		w := newWorld(t, bug{})
		m, err := w.Engine.Join(t.Context(), w.Name, 4, 30*time.Second)
		must(t, err)
		var gives []cluster.Give
		for range 3 {
			g, err := m.Take(t.Context(), 1, false)
			must(t, err)
			gives = append(gives, cluster.Give{Grant: g})
		}
		if c.remove {
			_, err := client(t).Delete(t.Context(), keysOf(w.Name).held(string(gives[1].Grant.ID)))
			must(t, err)
		}
		if c.lose {
			w.set(func() { w.lose = once("give") })
		}
		if err := m.Give(t.Context(), gives); !errors.Is(err, c.cause) {
			t.Errorf("%+v: Give = %v", c, err)
		}
		if st, err := m.Stats(t.Context()); err != nil || st.Held != 0 {
			t.Errorf("%+v: %+v, %v", c, st, err)
		}
		must(t, m.Leave(t.Context()))
	}
}

// The looks of a renewal at hundreds of grants end in time when the server does not answer them: the renewal of
// the lease itself counts.
func TestLooksOfRenewalEnd(t *testing.T) {
	e := newEngine(t)
	var looks atomic.Int64
	inner := e.calls.txn
	e.calls.txn = func(ctx context.Context, t tx) (*clientv3.TxnResponse, error) {
		if t.purpose == "verify" {
			looks.Add(1)
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return inner(ctx, t)
	}
	joined, err := e.Join(t.Context(), newName(t), 1, 3*time.Second)
	must(t, err)
	m := joined.(*member)
	m.mu.Lock()
	for range 5 * perRenewal {
		m.held[m.newID()] = &holding{slots: []int64{0}, created: 1, changed: 1}
	}
	m.mu.Unlock()
	lost, err := m.Renew(t.Context())
	if err != nil || len(lost) > 0 {
		t.Errorf("Renew = %d lost, %v", len(lost), err)
	}
	if n := looks.Load(); n != 1 { // the first ends with the third of the TTL: a second would be too much
		t.Errorf("%d looks at grants, want 1", n)
	}
	must(t, m.Leave(t.Context()))
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

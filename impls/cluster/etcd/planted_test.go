package etcd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
)

// A world is an engine on the shared server with faults that a scenario switches on, and perhaps a
// planted bug between the engine and the faults.
type world struct {
	t     *testing.T
	e     *Engine
	name  string
	guard func(g *cluster.Guard, fences []cluster.Fence) error // of the resource

	mu      sync.Mutex
	lose    func(t tx) bool // whether the answer of the transaction is lost
	delay   func(t tx) bool // whether the transaction runs only after run is closed
	run     chan struct{}   // closed by resume
	resumed sync.Once
	ran     sync.WaitGroup            // delayed transactions
	frozen  map[clientv3.LeaseID]bool // sessions whose renewals do not get through
	gate    chan struct{}             // if not nil, watches are set up only when it is closed
	leases  []clientv3.LeaseID        // in the order of Open
	gates   atomic.Int64              // watches that have come to the gate
}

var errNetwork = errors.New("the connection was cut")

func newWorld(t *testing.T, b bug) *world {
	w := &world{t: t, name: newName(t), run: make(chan struct{}), frozen: map[clientv3.LeaseID]bool{},
		guard: func(g *cluster.Guard, fences []cluster.Fence) error { return g.Check(fences...) }}
	e := newEngine(t)
	real := e.calls
	e.calls.txn = func(ctx context.Context, t tx) (*clientv3.TxnResponse, error) {
		w.mu.Lock()
		lose, delay := w.lose != nil && w.lose(t), w.delay != nil && w.delay(t)
		w.mu.Unlock()
		if delay {
			w.ran.Go(func() {
				<-w.run
				_, _ = real.txn(context.Background(), t)
			})
			return nil, errNetwork
		}
		r, err := real.txn(ctx, t)
		if lose {
			return nil, errNetwork
		}
		return r, err
	}
	e.calls.watch = func(ctx context.Context, from, end string, revision int64) clientv3.WatchChan {
		w.mu.Lock()
		gate := w.gate
		w.mu.Unlock()
		if gate != nil {
			w.gates.Add(1)
			<-gate
		}
		return real.watch(ctx, from, end, revision)
	}
	e.calls.grant = func(ctx context.Context, seconds int64) (*clientv3.LeaseGrantResponse, error) {
		r, err := real.grant(ctx, seconds)
		if err == nil {
			w.mu.Lock()
			w.leases = append(w.leases, r.ID)
			w.mu.Unlock()
		}
		return r, err
	}
	e.calls.renew = func(ctx context.Context, id clientv3.LeaseID) error {
		w.mu.Lock()
		frozen := w.frozen[id]
		w.mu.Unlock()
		if frozen {
			<-ctx.Done()
			return ctx.Err()
		}
		return real.renew(ctx, id)
	}
	// A frozen session stands for a process that is stopped or dead: it does nothing until w.run.
	e.calls.revoke = func(ctx context.Context, id clientv3.LeaseID) error {
		w.mu.Lock()
		frozen := w.frozen[id]
		w.mu.Unlock()
		if frozen {
			<-w.run
		}
		return real.revoke(context.WithoutCancel(ctx), id)
	}
	if b.plant != nil {
		b.plant(w, keysOf(w.name), &e.calls)
	}
	w.e = e
	return w
}

// resume lets delayed transactions and stopped sessions go on.
func (w *world) resume() { w.resumed.Do(func() { close(w.run) }) }

func (w *world) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// once returns a condition that is true for the first transaction with the purpose.
func once(purpose string) func(tx) bool {
	done := false
	return func(t tx) bool {
		hit := !done && t.purpose == purpose
		done = done || hit
		return hit
	}
}

func (w *world) open(size int64, ttl time.Duration) *cluster.Session {
	s := open(w.t, w.e, w.name, size, ttl)
	w.t.Cleanup(w.resume) // before the session is closed: a stopped process could not close it
	return s
}

// grantedSoon is an error if the permits are not granted. Ten seconds are no bound of the semaphore:
// they tell a waiter that hangs from a slow waiter.
func grantedSoon(s *cluster.Session, n int64) (*cluster.Lease, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	l, err := s.Acquire(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("Acquire(%d) of free permits: %w", n, err)
	}
	return l, nil
}

// held is an error unless the engine counts n permits as held.
func (w *world) heldIs(s *cluster.Session, n int64) error {
	st, err := s.Stats(context.Background())
	if err == nil && st.Held != n {
		err = fmt.Errorf("%d permits are held at the engine, want %d", st.Held, n)
	}
	return err
}

// refusedNow is an error if a permit is granted.
func refusedNow(s *cluster.Session, why string) error {
	if l, err := s.TryAcquire(context.Background(), 1); err == nil {
		return fmt.Errorf("TryAcquire was granted %v, though %s", l.Fences(), why)
	} else if err != cluster.ErrNoPermit {
		return err
	}
	return nil
}

// The scenarios. Each is an error on an engine with the bug that it is for, and nil on the right one.

// pausedHolder: a holder is stopped past its TTL, another has the slot, the first one wakes up in the
// middle of its request to the resource, and then releases.
func pausedHolder(w *world) error {
	a, b, c := w.open(1, time.Second), w.open(1, 10*time.Second), w.open(1, 10*time.Second)
	old, err := grantedSoon(a, 1)
	if err != nil {
		return err
	}
	w.set(func() { w.frozen[w.leases[0]] = true })
	l, err := grantedSoon(b, 1)
	if err != nil {
		return err
	}
	var g cluster.Guard
	if err := w.guard(&g, l.Fences()); err != nil {
		return err
	}
	if w.guard(&g, old.Fences()) == nil {
		return errors.New("the resource served a holder whose permit had passed to another holder")
	}
	w.resume()
	<-a.Done()
	if err := old.Release(context.Background()); !errors.Is(err, cluster.ErrExpired) {
		return fmt.Errorf("Release of an expired lease = %v", err)
	}
	_ = a.Close(context.Background()) // returns when the session has done all that it does at its end
	return refusedNow(c, "another session holds the only permit")
}

// lateRelease: the key of a grant is deleted by hand, another session takes the slot, and the first
// one releases.
func lateRelease(w *world) error {
	a, b, c := w.open(1, 30*time.Second), w.open(1, 30*time.Second), w.open(1, 30*time.Second)
	old, err := grantedSoon(a, 1)
	if err != nil {
		return err
	}
	if _, err := client(w.t).Delete(context.Background(), keysOf(w.name).held(""), clientv3.WithPrefix()); err != nil {
		return err
	}
	if _, err := grantedSoon(b, 1); err != nil {
		return err
	}
	_ = old.Release(context.Background())
	return refusedNow(c, "another session holds the only permit")
}

// lostAnswer: the answer of a take is lost; the permit must be counted once.
func lostAnswer(w *world) error {
	s := w.open(2, 30*time.Second)
	w.set(func() { w.lose = once("take") })
	l, err := grantedSoon(s, 1)
	if err != nil {
		return err
	}
	if err := w.heldIs(s, 1); err != nil {
		return err
	}
	if err := l.Release(context.Background()); err != nil {
		return err
	}
	return w.heldIs(s, 0)
}

// lateTake: a take is delayed in the network, the request is made again and served and released, and
// then the delayed take reaches the server.
func lateTake(w *world) error {
	s := w.open(2, 30*time.Second)
	w.set(func() { w.delay = once("take") })
	l, err := grantedSoon(s, 1)
	if err != nil {
		return err
	}
	if err := l.Release(context.Background()); err != nil {
		return err
	}
	w.resume()
	w.ran.Wait()
	return w.heldIs(s, 0)
}

// waitBeforeWatch starts a request for one permit, and returns when the request is about to set its watch up.
// It does so when the gate is closed. The result is the error of the request.
func (w *world) waitBeforeWatch(s *cluster.Session) (gate chan struct{}, result chan error) {
	gate, result = make(chan struct{}), make(chan error, 1)
	w.set(func() { w.gate = gate })
	go func() { _, err := grantedSoon(s, 1); result <- err }()
	for w.gates.Load() == 0 {
		time.Sleep(time.Millisecond) // the waiter has no event for “I am about to watch”
	}
	return gate, result
}

// releaseBeforeWatch: the permit comes back after a waiter has seen that it is taken, and before its
// watch is set up.
func releaseBeforeWatch(w *world) error {
	a, b := w.open(1, 30*time.Second), w.open(1, 30*time.Second)
	l, err := grantedSoon(a, 1)
	if err != nil {
		return err
	}
	gate, result := w.waitBeforeWatch(b)
	err = l.Release(context.Background())
	close(gate)
	return errors.Join(err, <-result)
}

// deadHolder: the process of a holder is gone, and nothing may keep its permit.
func deadHolder(w *world) error {
	a, b := w.open(1, time.Second), w.open(1, 30*time.Second)
	if _, err := grantedSoon(a, 1); err != nil {
		return err
	}
	w.set(func() { w.frozen[w.leases[0]] = true })
	_, err := grantedSoon(b, 1)
	w.resume()
	return err
}

// cancelledInTheMiddle: the second of three waiters is cancelled. The third must not be served before
// the first, which wants more.
func cancelledInTheMiddle(w *world) error {
	s := w.open(2, 30*time.Second)
	one, err := grantedSoon(s, 1)
	if err != nil {
		return err
	}
	two, err := grantedSoon(s, 1)
	if err != nil {
		return err
	}
	order := make(chan int64, 2)
	wait := func(ctx context.Context, n int64) {
		if l, err := s.Acquire(ctx, n); err == nil {
			order <- n
			_ = l.Release(context.Background())
		}
	}
	middle, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	for i, ctx := range []context.Context{w.t.Context(), middle, w.t.Context()} {
		go wait(ctx, []int64{2, 2, 1}[i])
		waitersAre(w.t, s, int64(i+1))
	}
	cancel()
	waitersAre(w.t, s, 2)
	if err := one.Release(context.Background()); err != nil {
		return err
	}
	time.Sleep(200 * time.Millisecond) // for a bug to show itself; a correct semaphore waits for two
	select {
	case n := <-order:
		return fmt.Errorf("the request for %d was served before an older request", n)
	default:
	}
	if err := two.Release(context.Background()); err != nil {
		return err
	}
	if first := <-order; first != 2 {
		return fmt.Errorf("the request for %d was served before an older request", first)
	}
	return nil
}

// newcomer: a request that fits comes while an older and larger one waits.
func newcomer(w *world) error {
	a, b := w.open(2, 30*time.Second), w.open(2, 30*time.Second)
	l, err := grantedSoon(a, 1)
	if err != nil {
		return err
	}
	result := make(chan error, 1)
	go func() { _, err := grantedSoon(a, 2); result <- err }()
	waitersAre(w.t, a, 1)
	for range 2 { // the second time with a view that knows the permit of a
		if err := refusedNow(b, "an older request waits"); err != nil {
			return err
		}
	}
	return errors.Join(l.Release(context.Background()), <-result)
}

// staleViews: two sessions take and release in turn, and then both take what each believes to be free.
func staleViews(w *world) error {
	a, b := w.open(2, 30*time.Second), w.open(2, 30*time.Second)
	if _, err := grantedSoon(a, 2); err != nil {
		return err
	}
	if err := refusedNow(b, "all permits are held"); err != nil {
		return err
	}
	return w.heldIs(a, 2)
}

// resized: a waiter is first in line, and a Resize makes room for it.
func resized(w *world) error {
	a, b := w.open(1, 30*time.Second), w.open(1, 30*time.Second)
	if _, err := grantedSoon(a, 1); err != nil {
		return err
	}
	results := make(chan error, 2)
	go func() { _, err := grantedSoon(b, 1); results <- err }()
	waitersAre(w.t, a, 1)
	go func() { _, err := grantedSoon(b, 2); results <- err }() // larger than the size
	if err := a.Resize(context.Background(), 4); err != nil {
		return err
	}
	return errors.Join(<-results, <-results)
}

// shrunk: a waiter that has become larger than the size must not hold up the one behind it, and must
// be served when the size grows again.
func shrunk(w *world) error {
	s := w.open(4, 30*time.Second)
	l, err := grantedSoon(s, 1)
	if err != nil {
		return err
	}
	large, small := make(chan error, 1), make(chan error, 1)
	go func() { l, err := grantedSoon(s, 4); large <- err; _ = l }()
	waitersAre(w.t, s, 1)
	go func() { _, err := grantedSoon(s, 1); small <- err }()
	waitersAre(w.t, s, 2)
	if err := errors.Join(s.Resize(context.Background(), 2), <-small); err != nil {
		return fmt.Errorf("behind a request that is larger than the size: %w", err)
	}
	return errors.Join(s.Resize(context.Background(), 6), l.Release(context.Background()), <-large)
}

// oneLeaves: of two sessions in two processes, one closes. The permit of the other stays.
func oneLeaves(w *world) error {
	a, b, c := w.open(2, 30*time.Second), w.open(2, 30*time.Second), w.open(2, 30*time.Second)
	if _, err := grantedSoon(a, 1); err != nil {
		return err
	}
	if _, err := grantedSoon(b, 1); err != nil {
		return err
	}
	if err := a.Close(context.Background()); err != nil {
		return err
	}
	if _, err := grantedSoon(c, 1); err != nil {
		return err
	}
	return refusedNow(c, "the other session still holds its permit")
}

// compacted: the history that a waiter is about to watch is compacted away, with the release in it.
func compacted(w *world) error {
	a, b := w.open(1, 30*time.Second), w.open(1, 30*time.Second)
	l, err := grantedSoon(a, 1)
	if err != nil {
		return err
	}
	gate, result := w.waitBeforeWatch(b)
	if err := l.Release(context.Background()); err != nil {
		return err
	}
	c := client(w.t)
	r, err := c.Put(context.Background(), "another key", "")
	if err == nil {
		_, err = c.Compact(context.Background(), r.Header.Revision)
	}
	w.set(func() { w.gate = nil })
	close(gate)
	return errors.Join(err, <-result)
}

// expiredWaiter: the process of the first waiter is stopped past its TTL. The second waiter moves up, and
// the call of the first ends.
func expiredWaiter(w *world) error {
	a, b, c := w.open(1, time.Second), w.open(1, 30*time.Second), w.open(1, 30*time.Second)
	l, err := grantedSoon(c, 1)
	if err != nil {
		return err
	}
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { _, err := grantedSoon(a, 1); first <- err }()
	waitersAre(w.t, c, 1)
	go func() { _, err := grantedSoon(b, 1); second <- err }()
	waitersAre(w.t, c, 2)
	w.set(func() { w.frozen[w.leases[0]] = true })
	if err := <-first; !errors.Is(err, cluster.ErrExpired) {
		return fmt.Errorf("Acquire of a session that expired = %w", err)
	}
	waitersAre(w.t, c, 1)
	return errors.Join(l.Release(context.Background()), <-second)
}

// A bug is planted into the requests of an engine: plant changes them on their way.
type bug struct {
	name     string
	scenario func(*world) error
	plant    func(w *world, k keys, c *calls)
}

// rewrite changes the transactions of one purpose before they are sent.
func rewrite(purpose string, change func(t *tx)) func(*world, keys, *calls) {
	return func(_ *world, _ keys, c *calls) {
		inner := c.txn
		c.txn = func(ctx context.Context, t tx) (*clientv3.TxnResponse, error) {
			if t.purpose == purpose {
				change(&t)
			}
			return inner(ctx, t)
		}
	}
}

// withoutGuard removes the conditions of a take whose key contains the word.
func withoutGuard(word string) func(*tx) {
	keep := func(guards []clientv3.Cmp) []clientv3.Cmp {
		return slices.DeleteFunc(slices.Clone(guards), func(c clientv3.Cmp) bool {
			return strings.Contains(string(c.KeyBytes()), word)
		})
	}
	return func(t *tx) {
		t.when = keep(t.when)
		for i, op := range t.then {
			if op.IsTxn() {
				when, then, orElse := op.Txn()
				t.then[i] = clientv3.OpTxn(keep(when), then, orElse)
			}
		}
	}
}

// giveBySlot deletes the keys that have a slot now which the given key had, as a semaphore does that
// names its keys after slots and checks no revision.
func giveBySlot(k keys, c calls, slots []int64) {
	from, end := k.state()
	r, err := c.txn(context.Background(), tx{purpose: "stats", then: []clientv3.Op{clientv3.OpGet(from, clientv3.WithRange(end))}})
	if err != nil {
		return
	}
	for _, kv := range rangeAt(r, 0).Kvs {
		has, err := parseSlots(kv.Value)
		if err == nil && slices.Contains(slots, has[0]) && bytes.Contains(kv.Key, []byte("/held/")) {
			_, _ = c.txn(context.Background(), tx{purpose: "stats", then: []clientv3.Op{clientv3.OpDelete(string(kv.Key))}})
		}
	}
}

var bugs = []bug{
	{"no fence check", pausedHolder, func(w *world, _ keys, _ *calls) {
		w.guard = func(*cluster.Guard, []cluster.Fence) error { return nil }
	}},
	{"release without revision", lateRelease, func(_ *world, k keys, c *calls) {
		inner := *c
		c.txn = func(ctx context.Context, t tx) (*clientv3.TxnResponse, error) {
			if t.purpose == "give" {
				giveBySlot(k, inner, []int64{0})
			}
			return inner.txn(ctx, t)
		}
	}},
	{"watch from now instead of a revision", releaseBeforeWatch, func(_ *world, _ keys, c *calls) {
		inner := c.watch
		c.watch = func(ctx context.Context, from, end string, _ int64) clientv3.WatchChan {
			return inner(ctx, from, end, 0)
		}
	}},
	{"lease kept alive by a dead holder", deadHolder, func(w *world, _ keys, c *calls) {
		grant, lessor := c.grant, client(w.t)
		c.grant = func(ctx context.Context, seconds int64) (*clientv3.LeaseGrantResponse, error) {
			r, err := grant(ctx, seconds)
			if err == nil {
				answers, err := lessor.KeepAlive(w.t.Context(), r.ID)
				if err != nil {
					return nil, err
				}
				go func() {
					for range answers { // or the client warns that nothing reads them
					}
				}()
			}
			return r, err
		}
	}},
	{"retry of a take that succeeded", lostAnswer, func(_ *world, _ keys, c *calls) {
		inner := c.txn
		c.txn = func(ctx context.Context, t tx) (*clientv3.TxnResponse, error) {
			r, err := inner(ctx, t)
			if err == nil && t.purpose == "settle" {
				for _, answer := range r.Responses {
					if get := answer.GetResponseRange(); get != nil {
						get.Kvs = nil // it looks as if nothing had happened
					}
				}
			}
			return r, err
		}
	}},
	{"settle that does not stop a take on its way", lateTake, rewrite("take", withoutGuard("/user/"))},
	{"permits of an expired session given back twice", pausedHolder, func(_ *world, k keys, c *calls) {
		inner := *c
		c.revoke = func(ctx context.Context, id clientv3.LeaseID) error {
			err := inner.revoke(ctx, id)
			giveBySlot(k, inner, []int64{0}) // the end of the lease has done it already
			return err
		}
	}},
	{"predecessor that vanished", cancelledInTheMiddle, func(_ *world, _ keys, c *calls) {
		inner := c.txn
		c.txn = func(ctx context.Context, t tx) (*clientv3.TxnResponse, error) {
			r, err := inner(ctx, t)
			if err == nil && t.purpose == "look" && len(r.Responses) == 4 {
				r.Responses[3] = &etcdserverpb.ResponseOp{Response: &etcdserverpb.ResponseOp_ResponseRange{
					ResponseRange: &etcdserverpb.RangeResponse{}}} // no predecessor: it must be my turn
			}
			return r, err
		}
	}},
	{"resize that loses a waiter", resized, func(_ *world, k keys, c *calls) {
		inner := c.watch
		c.watch = func(ctx context.Context, from, end string, revision int64) clientv3.WatchChan {
			if end != "" {
				end = k.size() // exclusive
			}
			return inner(ctx, from, end, revision)
		}
	}},
	{"two sessions with one ID", oneLeaves, func(_ *world, _ keys, c *calls) {
		grant := c.grant
		var first *clientv3.LeaseGrantResponse
		calls := 0
		c.grant = func(ctx context.Context, seconds int64) (*clientv3.LeaseGrantResponse, error) {
			if calls++; calls == 2 {
				return first, nil
			}
			r, err := grant(ctx, seconds)
			if calls == 1 {
				first = r
			}
			return r, err
		}
	}},
	{"watch that ends is taken for silence", compacted, func(_ *world, _ keys, c *calls) {
		inner := c.watch
		c.watch = func(ctx context.Context, from, end string, revision int64) clientv3.WatchChan {
			out := make(chan clientv3.WatchResponse)
			go func() {
				for r := range inner(ctx, from, end, revision) {
					if r.Err() == nil {
						out <- r
					}
				}
			}()
			return out
		}
	}},
	{"newcomer passes the queue", newcomer, rewrite("take", withoutGuard("/wait/"))},
	{"take that trusts an old view", staleViews, rewrite("take", withoutGuard("/held/"))},
}

// TestPlantedBugs kills each bug by its scenario, and passes the right engine in all scenarios.
func TestPlantedBugs(t *testing.T) {
	for _, b := range bugs {
		t.Run("bug "+b.name, func(t *testing.T) {
			t.Parallel()
			err := b.scenario(newWorld(t, b))
			if err == nil {
				t.Fatal("the bug was not found")
			}
			t.Log("killed: ", err)
		})
	}
	for name, scenario := range map[string]func(*world) error{
		"pausedHolder": pausedHolder, "lateRelease": lateRelease, "lostAnswer": lostAnswer, "lateTake": lateTake,
		"releaseBeforeWatch": releaseBeforeWatch, "deadHolder": deadHolder,
		"cancelledInTheMiddle": cancelledInTheMiddle, "newcomer": newcomer, "staleViews": staleViews,
		"compacted": compacted, "expiredWaiter": expiredWaiter, "resized": resized, "shrunk": shrunk, "oneLeaves": oneLeaves,
	} {
		t.Run("right "+name, func(t *testing.T) {
			t.Parallel()
			must(t, scenario(newWorld(t, bug{})))
		})
	}
}

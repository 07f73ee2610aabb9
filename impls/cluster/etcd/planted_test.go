package etcd

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/internal/trial"
)

// A world is an engine on the shared server with faults that a scenario switches on, and perhaps a
// planted bug between the engine and the faults.
type world struct {
	*trial.World
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
	w := &world{run: make(chan struct{}), frozen: map[clientv3.LeaseID]bool{}}
	e := newEngine(t)
	w.World = trial.NewWorld(t, e, w)
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
		b.plant(w, keysOf(w.Name), &e.calls)
	}
	return w
}

// Resume lets delayed transactions and stopped sessions go on.
func (w *world) Resume() {
	w.resumed.Do(func() { close(w.run) })
	w.ran.Wait()
}

func (w *world) Freeze(session int) { w.set(func() { w.frozen[w.leases[session]] = true }) }
func (w *world) LoseTake()          { w.set(func() { w.lose = once("take") }) }
func (w *world) DelayTake()         { w.set(func() { w.delay = once("take") }) }

func (w *world) DeleteHeld() error {
	_, err := client(w.T).Delete(context.Background(), keysOf(w.Name).held(""), clientv3.WithPrefix())
	return err
}

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

// shared makes a scenario of package trial one of this package.
func shared(scenario func(*trial.World) error) func(*world) error {
	return func(w *world) error { return scenario(w.World) }
}

// waitBeforeWatch starts a request for one permit, and returns when the request is about to set its watch up.
// It does so when the gate is closed. The result is the error of the request.
func (w *world) waitBeforeWatch(s *cluster.Session) (gate chan struct{}, result chan error) {
	gate, result = make(chan struct{}), make(chan error, 1)
	w.set(func() { w.gate = gate })
	go func() { _, err := trial.GrantedSoon(s, 1); result <- err }()
	for w.gates.Load() == 0 {
		time.Sleep(time.Millisecond) // the waiter has no event for “I am about to watch”
	}
	return gate, result
}

// releaseBeforeWatch: the permit comes back after a waiter has seen that it is taken, and before its
// watch is set up.
func releaseBeforeWatch(w *world) error {
	a, b := w.Open(1, 30*time.Second), w.Open(1, 30*time.Second)
	l, err := trial.GrantedSoon(a, 1)
	if err != nil {
		return err
	}
	gate, result := w.waitBeforeWatch(b)
	err = l.Release(context.Background())
	close(gate)
	return errors.Join(err, <-result)
}

// compacted: the history that a waiter is about to watch is compacted away, with the release in it.
func compacted(w *world) error {
	a, b := w.Open(1, 30*time.Second), w.Open(1, 30*time.Second)
	l, err := trial.GrantedSoon(a, 1)
	if err != nil {
		return err
	}
	gate, result := w.waitBeforeWatch(b)
	if err := l.Release(context.Background()); err != nil {
		return err
	}
	c := client(w.T)
	r, err := c.Put(context.Background(), "another key", "")
	if err == nil {
		_, err = c.Compact(context.Background(), r.Header.Revision)
	}
	w.set(func() { w.gate = nil })
	close(gate)
	return errors.Join(err, <-result)
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
	{"no fence check", shared(trial.PausedHolder), func(w *world, _ keys, _ *calls) {
		w.Guard = func(*cluster.Guard, []cluster.Fence) error { return nil }
	}},
	{"release without revision", shared(trial.LateRelease), func(_ *world, k keys, c *calls) {
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
	{"lease kept alive by a dead holder", shared(trial.DeadHolder), func(w *world, _ keys, c *calls) {
		grant, lessor := c.grant, client(w.T)
		c.grant = func(ctx context.Context, seconds int64) (*clientv3.LeaseGrantResponse, error) {
			r, err := grant(ctx, seconds)
			if err == nil {
				answers, err := lessor.KeepAlive(w.T.Context(), r.ID)
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
	{"retry of a take that succeeded", shared(trial.LostAnswer), func(_ *world, _ keys, c *calls) {
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
	{"settle that does not stop a take on its way", shared(trial.LateTake), rewrite("take", withoutGuard("/user/"))},
	{"permits of an expired session given back twice", shared(trial.PausedHolder), func(_ *world, k keys, c *calls) {
		inner := *c
		c.revoke = func(ctx context.Context, id clientv3.LeaseID) error {
			err := inner.revoke(ctx, id)
			giveBySlot(k, inner, []int64{0}) // the end of the lease has done it already
			return err
		}
	}},
	{"predecessor that vanished", shared(trial.CancelledInTheMiddle), func(_ *world, _ keys, c *calls) {
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
	{"resize that loses a waiter", shared(trial.Resized), func(_ *world, k keys, c *calls) {
		inner := c.watch
		c.watch = func(ctx context.Context, from, end string, revision int64) clientv3.WatchChan {
			if end != "" {
				end = k.size() // exclusive
			}
			return inner(ctx, from, end, revision)
		}
	}},
	{"two sessions with one ID", shared(trial.OneLeaves), func(_ *world, _ keys, c *calls) {
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
	{"newcomer passes the queue", shared(trial.Newcomer), rewrite("take", withoutGuard("/wait/"))},
	{"take that trusts an old view", shared(trial.StaleViews), rewrite("take", withoutGuard("/held/"))},
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
	right := map[string]func(*world) error{"releaseBeforeWatch": releaseBeforeWatch, "compacted": compacted}
	for name, scenario := range trial.Scenarios {
		right[name] = shared(scenario)
	}
	for name, scenario := range right {
		t.Run("right "+name, func(t *testing.T) {
			t.Parallel()
			must(t, scenario(newWorld(t, bug{})))
		})
	}
}

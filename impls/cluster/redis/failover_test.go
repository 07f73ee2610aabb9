package redis

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/internal/trial"
)

// A failover is a primary with one replica, of which the primary dies before the replica has the last
// grants. Connections go through a proxy, as through the address that follows the primary in production.
type failover struct {
	t                *testing.T
	primary, replica *Server
	proxy            *trial.Proxy // before the server that is the primary
	replication      *trial.Proxy // from the replica to the primary
	e                *Engine
	renewals         chan struct{} // closed when renewals may go on
}

func newFailover(t *testing.T, script string) *failover {
	needServer(t)
	f := &failover{t: t, renewals: make(chan struct{})}
	var err error
	f.primary, err = Local("", "--repl-diskless-sync-delay", "0")
	must(t, err)
	t.Cleanup(func() { _ = f.primary.Close() })
	f.replica, err = Local("")
	must(t, err)
	t.Cleanup(func() { _ = f.replica.Close() })
	f.replication, err = trial.NewProxy(f.primary.Address())
	must(t, err)
	t.Cleanup(f.replication.Close)
	host, port, _ := strings.Cut(f.replication.Address(), ":")
	must(t, client(t, f.replica).Do(t.Context(), "replicaof", host, port).Err())
	f.proxy, err = trial.NewProxy(f.primary.Address())
	must(t, err)
	t.Cleanup(f.proxy.Close)
	f.e, err = Dial(goredis.Options{Addr: f.proxy.Address()})
	must(t, err)
	t.Cleanup(func() { _ = f.e.Close() })
	c := goredis.NewClient(&goredis.Options{Addr: f.proxy.Address()})
	t.Cleanup(func() { _ = c.Close() })
	f.e.calls = callsOf(c, script)
	run := f.e.calls.run
	f.e.calls.run = func(ctx context.Context, q call) ([]string, error) {
		if q.op == "renew" { // so that no timing decides what a test sees
			select {
			case <-f.renewals:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return run(ctx, q)
	}
	return f
}

// synced returns when the replica has everything that the primary has.
func (f *failover) synced() {
	f.t.Helper()
	c := client(f.t, f.primary)
	must(f.t, c.Set(f.t.Context(), "mark", f.t.Name(), 0).Err())
	r := client(f.t, f.replica)
	for deadline := time.Now().Add(20 * time.Second); r.Get(f.t.Context(), "mark").Val() != f.t.Name(); {
		if time.Now().After(deadline) {
			f.t.Fatal("the replica does not follow")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// lag keeps the replica from what the primary writes from now on.
func (f *failover) lag() { f.replication.Disturb(0, false, true) }

// promote kills the primary and makes the replica the primary.
func (f *failover) promote() {
	must(f.t, f.primary.Kill())
	must(f.t, client(f.t, f.replica).Do(f.t.Context(), "replicaof", "no", "one").Err())
	f.proxy.Redirect(f.replica.Address())
}

// twoHolders makes a permit of a semaphore of size 1 have two holders, and returns their leases.
func twoHolders(t *testing.T, script string) (f *failover, old, newer *cluster.Lease) {
	f = newFailover(t, script)
	a := open(t, f.e, "failover", 1, 9*time.Second)
	b := open(t, f.e, "failover", 1, 9*time.Second)
	f.synced()
	f.lag()
	old = acquire(t, a, 1)
	f.promote()
	newer = acquire(t, b, 1)
	return f, old, newer
}

// TestFailover finds the violation that package redis declares: after a failover that lost a grant, two
// holders have the only permit, and both believe in it. The Guard refuses the old one, as fences grow by
// the clock even where the counter was lost.
func TestFailover(t *testing.T) {
	f, old, newer := twoHolders(t, source)
	if old.Err() != nil || newer.Err() != nil {
		t.Fatalf("no violation: old holder %v, new holder %v", old.Err(), newer.Err())
	}
	t.Logf("violation: a semaphore of size 1 has two holders, with the fences %v and %v", old.Fences(), newer.Fences())
	var g cluster.Guard
	must(t, g.Check(old.Fences()...))
	must(t, g.Check(newer.Fences()...))
	wantError(t, g.Check(old.Fences()...), cluster.ErrStale, "slot 0")

	// The old holder learns of it at its next renewal.
	close(f.renewals)
	<-old.Done()
	if err := old.Err(); !errors.Is(err, cluster.ErrLost) && !errors.Is(err, cluster.ErrRestored) {
		t.Errorf("the lease of the old holder ended with %v", err)
	}
	if newer.Err() != nil {
		t.Errorf("the lease of the new holder ended too: %v", newer.Err())
	}
}

// With fences from a counter alone, which the replica has lost too, both holders have one revision. A resource that
// stores revisions alone serves both. A Guard that knows the grants too serves the first of them alone, which may
// be the old holder. So the clock in the fence is needed.
func TestFailoverWithCounterOnly(t *testing.T) {
	counter := rewritten(t, "math.max(S.fence + 1, micros)", "S.fence + 1")
	_, old, newer := twoHolders(t, counter)
	number := func(l *cluster.Lease) cluster.Fence {
		f := l.Fences()[0]
		f.Grant = ""
		return f
	}
	var numbers cluster.Guard
	must(t, numbers.Check(number(old)))
	must(t, numbers.Check(number(newer)))
	if numbers.Check(number(old)) != nil {
		t.Fatalf("the bug was not found: %v is refused after %v", old.Fences(), newer.Fences())
	}
	t.Logf("killed: two holders of one permit are served, with the fences %v and %v", old.Fences(), newer.Fences())
	var g cluster.Guard
	must(t, g.Check(old.Fences()...))
	wantError(t, g.Check(newer.Fences()...), cluster.ErrStale)
	must(t, g.Check(old.Fences()...))
}

// A failover after which the replica has everything ends no session: the correct neighbour.
func TestFailoverWithoutLoss(t *testing.T) {
	f := newFailover(t, source)
	close(f.renewals)
	a := open(t, f.e, "kept", 2, 3*time.Second)
	l := acquire(t, a, 1)
	f.synced()
	f.promote()
	k := acquire(t, a, 1)
	if l.Fences()[0].Slot == k.Fences()[0].Slot {
		t.Errorf("both leases have slot %d", l.Fences()[0].Slot)
	}
	for until := a.Until(); a.Until().Equal(until) && a.Err() == nil; { // a renewal, which asks for both
		time.Sleep(10 * time.Millisecond)
	}
	if l.Err() != nil || k.Err() != nil {
		t.Errorf("after a renewal: %v and %v", l.Err(), k.Err())
	}
	must(t, l.Release(t.Context()))
	must(t, k.Release(t.Context()))
}

// A server that saves nothing and is killed has lost everything. Sessions that were open end, and no fence
// comes twice.
func TestRestartWithoutData(t *testing.T) {
	s, e := ownServer(t)
	a := open(t, e, "emptied", 1, 3*time.Second)
	old := acquire(t, a, 1)
	must(t, s.Kill())
	must(t, s.Start())
	newer := acquire(t, open(t, e, "emptied", 1, 3*time.Second), 1)
	var g cluster.Guard
	must(t, g.Check(old.Fences()...))
	must(t, g.Check(newer.Fences()...))
	wantError(t, g.Check(old.Fences()...), cluster.ErrStale)
	<-a.Done() // at the next renewal
	if err := a.Err(); !errors.Is(err, cluster.ErrRestored) && !errors.Is(err, cluster.ErrLost) &&
		!errors.Is(err, cluster.ErrExpired) {
		t.Errorf("the session ended with %v", err)
	}
	wantError(t, a.Err(), nil, s.Address(), "semabench:{emptied}:")
}

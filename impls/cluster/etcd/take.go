package etcd

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/internal/try"
)

// grace is the time for which a request whose ctx is done still waits for the answer to a transaction
// that is on the way. With a server that answers, the outcome is known after a round trip, and
// nothing is left for the background.
const grace = 2 * time.Second

// A request is one call of Take.
type request struct {
	m  *member
	n  int64
	id string

	ctx context.Context // of the caller
	op  context.Context // of transactions: ends a grace after ctx

	unknown bool   // a transaction may have run, or may run later
	created int64  // revision of the wait key; 0 outside the queue
	ahead   string // the wait key of the request before this one in the queue; "" if this one is first
	view    *view  // at the moment when ahead was read
}

// Take takes n permits.
func (m *member) Take(ctx context.Context, n int64, wait bool) (cluster.Grant, error) {
	op, end := try.Grace(ctx, m.ctx, grace)
	defer end()
	r := &request{m: m, n: n, id: m.newID(), ctx: ctx, op: op}
	g, err := r.run(wait)
	if err == nil {
		return g, nil
	}
	// Whatever the error is, the request must leave neither a key nor a transaction that may still
	// run. A request that has left nothing costs nothing here.
	r.withdraw()
	if ctx.Err() != nil {
		return cluster.Grant{}, ctx.Err()
	}
	if err == cluster.ErrNoPermit {
		return cluster.Grant{}, err
	}
	return cluster.Grant{}, m.e.explain(fmt.Sprintf("take %d permits of %q", n, m.name),
		m.keys.base, err)
}

// run leads the request through its states: outside, in the queue behind another request, first in
// the queue, granted.
func (r *request) run(wait bool) (cluster.Grant, error) {
	for {
		if err := r.ctx.Err(); err != nil {
			return cluster.Grant{}, err
		}
		if err := r.fitSize(wait); err != nil {
			return cluster.Grant{}, err
		}
		g, done, err := r.enter(wait)
		if err != nil || done {
			return g, err
		}
		if r.created == 0 {
			continue // the view or the user key had changed: another session or goroutine got on
		}
		g, done, err = r.queue()
		if err != nil || done {
			return g, err
		}
		// The request was first in line, and the size had become too small for it.
		if err := r.leave(); err != nil {
			return cluster.Grant{}, err
		}
	}
}

// fitSize returns when the size allows the request at all. A request that is larger stays out of the
// queue, where it would delay others. It watches the size alone.
//
// The size of the view may be old. If it is too small, the look in the loop finds out. If it is too
// large, enter does not grant, because its condition names the revision of the size; the request
// then reads the new size in the queue, and leaves.
func (r *request) fitSize(wait bool) error {
	m := r.m
	m.mu.Lock()
	fits := r.n <= m.view.size
	m.mu.Unlock()
	for !fits {
		v, err := m.look(r.op)
		if err != nil {
			return err
		}
		if fits = r.n <= v.size; fits {
			return nil
		}
		if !wait {
			return cluster.ErrNoPermit
		}
		if err := r.watch(m.keys.size(), "", v.revision+1, func([]*clientv3.Event) bool { return true }); err != nil {
			return err
		}
	}
	return nil
}

// look reads the state and makes it the view of the session.
func (m *member) look(ctx context.Context) (*view, error) {
	from, end := m.keys.state()
	var r *clientv3.TxnResponse
	err := m.persist(ctx, func() (err error) {
		r, err = m.do(ctx, tx{purpose: "look", then: []clientv3.Op{
			clientv3.OpGet(from, clientv3.WithRange(end))}})
		return err
	})
	if err != nil {
		return nil, err
	}
	v, err := m.readView(r.Header.Revision, rangeAt(r, 0).Kvs)
	if err == nil {
		m.mu.Lock()
		m.install(v)
		m.mu.Unlock()
	}
	return v, err
}

// reserve chooses slots and marks them as in use by a transaction that is about to be sent. It
// returns the greatest revision at which another session may have been granted anything, for guards.
//
// If the view has too few free slots, it may be too old: the other sessions may have given
// everything back. Then reserve assumes just that, and has etcd confirm it. So the permit of a
// semaphore of size 1 is taken in one transaction, whichever session had it before.
func (r *request) reserve(v *view, optimistic bool) (slots []int64, bound int64) {
	m := r.m
	bound = v.revision
	if slots = m.pick(v, r.n, true); slots == nil && optimistic {
		slots, bound = m.pick(v, r.n, false), 0
	}
	if slots != nil {
		// In held, though etcd may still refuse: another goroutine of this session must not choose
		// the same slots meanwhile. No condition of its transaction would find that, see
		// othersHeld.
		m.held[r.id] = &holding{slots: slots}
	}
	return slots, bound
}

// guards are the conditions under which slots that reserve chose are free. No other session has a
// grant that is younger than bound, so all their grants are in the view. The grants of this session
// are in member.held, which no other process changes. The size is the size that reserve saw.
func (r *request) guards(bound, sizeMod int64) []clientv3.Cmp {
	guards := []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(r.m.keys.size()), "=", sizeMod)}
	for _, others := range r.m.keys.othersHeld(r.m.own) {
		// A comparison with a range holds if it holds for every key there, so also for no key.
		guards = append(guards, clientv3.Compare(
			clientv3.CreateRevision(others[0]).WithRange(others[1]), "<", bound+1))
	}
	return guards
}

// enter takes the permits, or joins the end of the queue, in one transaction: if the permits are free
// and no request waits, it writes the held key, and otherwise the wait key. It also reads what the
// next step needs to know: all permits in use, and the last request in the queue.
//
// The outer condition is the user key. So a transaction whose answer was lost cannot run after the
// request has been settled, neither its first half nor its second.
func (r *request) enter(wait bool) (g cluster.Grant, granted bool, err error) {
	m := r.m
	m.mu.Lock()
	user, v := m.user, m.view
	slots, bound := r.reserve(v, true)
	m.mu.Unlock()

	from, end := m.keys.state()
	queue := m.keys.wait("")
	guards := append(r.guards(bound, v.sizeMod),
		clientv3.Compare(clientv3.CreateRevision(queue).WithPrefix(), "<", 1))
	otherwise := []clientv3.Op{clientv3.OpGet(from, clientv3.WithRange(end)), lastOf(queue)}
	if wait { // after the reads, so that they do not see it
		otherwise = append(otherwise, clientv3.OpPut(m.keys.wait(r.id),
			format+" "+strconv.FormatInt(r.n, 10), clientv3.WithLease(m.lease)))
	}
	take := []clientv3.Op{r.putHeld(slots)}
	if slots == nil {
		guards, take = nil, otherwise // nothing to try
	}
	t := tx{purpose: "take", when: []clientv3.Cmp{m.userIs(user)},
		then:   []clientv3.Op{clientv3.OpTxn(guards, take, otherwise)},
		orElse: []clientv3.Op{clientv3.OpGet(m.keys.user(m.lease))}}
	resp, g, granted, err := r.send(t, slots, v, bound)
	if err != nil || granted || resp == nil {
		return g, granted, err
	}
	in := inner(resp)
	nv, err := m.readView(resp.Header.Revision, rangeAt(in, 0).Kvs)
	if wait {
		// The wait key is the only key that this branch writes, so it was created at the revision
		// of the answer. That holds also if the view has an error: the key must then be removed.
		r.created = resp.Header.Revision
	}
	if err != nil {
		return g, false, err
	}
	r.queuedBehind(nv, rangeAt(in, 1))
	if wait {
		return g, false, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.ahead != "" || m.pick(nv, r.n, true) == nil {
		return g, false, cluster.ErrNoPermit
	}
	return g, false, nil // the view was too old: try again with the new one
}

// lastOf reads the youngest key of the queue, or of the part of it that opts selects.
func lastOf(queue string, opts ...clientv3.OpOption) clientv3.Op {
	opts = append(opts, clientv3.WithKeysOnly())
	return clientv3.OpGet(queue, append(opts, append([]clientv3.OpOption{clientv3.WithPrefix()},
		clientv3.WithSort(clientv3.SortByCreateRevision, clientv3.SortDescend), clientv3.WithLimit(1))...)...)
}

func (r *request) putHeld(slots []int64) clientv3.Op {
	return clientv3.OpPut(r.m.keys.held(r.id), slotsValue(slots), clientv3.WithLease(r.m.lease))
}

// userIs is the outer condition of every transaction that adds a key; see settle.
func (m *member) userIs(revision int64) clientv3.Cmp {
	return clientv3.Compare(clientv3.ModRevision(m.keys.user(m.lease)), "=", revision)
}

// queuedBehind records which request is ahead, with the view of the same revision. A watch that
// begins after that revision misses nothing.
func (r *request) queuedBehind(v *view, last *etcdserverpb.RangeResponse) {
	r.view, r.ahead = v, ""
	if len(last.Kvs) > 0 {
		r.ahead = string(last.Kvs[0].Key)
	}
	r.m.mu.Lock()
	r.m.install(v)
	r.m.mu.Unlock()
}

// send runs a transaction that may grant the slots. It returns a nil response and no error if nothing
// happened and the caller has to look again.
func (r *request) send(t tx, slots []int64, v *view, bound int64) (
	resp *clientv3.TxnResponse, g cluster.Grant, granted bool, err error) {
	m := r.m
	resp, err = m.do(r.op, t)
	switch {
	case err != nil && refused(err):
		r.cancelReservation()
		return nil, g, false, err
	case err != nil:
		r.unknown = true
		g, granted, err = r.settle(r.op)
		return nil, g, granted, err
	case !resp.Succeeded:
		r.cancelReservation()
		return nil, g, false, r.refresh(resp)
	case inner(resp).Succeeded && slots != nil:
		return resp, r.granted(slots, resp.Header.Revision, v, bound), true, nil
	}
	r.cancelReservation()
	return resp, g, false, nil
}

// refresh reads the user key, and the wait key if the request is in the queue, from the answer of a
// transaction whose outer condition failed.
func (r *request) refresh(resp *clientv3.TxnResponse) error {
	users := rangeAt(resp, 0).Kvs
	if len(users) == 0 {
		return r.m.expired()
	}
	r.m.mu.Lock()
	r.m.user = max(r.m.user, users[0].ModRevision)
	r.m.mu.Unlock()
	if r.created > 0 && len(rangeAt(resp, 1).Kvs) == 0 {
		return r.m.lost(r.m.keys.wait(r.id), "acquire again")
	}
	return nil
}

// cancelReservation frees the slots of a transaction that certainly added no grant. A grant that
// was recorded meanwhile stays.
func (r *request) cancelReservation() {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	if h := r.m.held[r.id]; h != nil && h.created == 0 {
		r.m.forget(r.id)
	}
}

// granted records the grant. The transaction has shown that at its revision all grants of other
// sessions were older than the bound. They are in the view, so the view is good up to this revision.
// Without that, the next Take of this session would have to read the state again.
func (r *request) granted(slots []int64, revision int64, v *view, bound int64) cluster.Grant {
	m := r.m
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held[r.id] = &holding{slots: slots, created: revision, changed: revision}
	if revision > m.view.revision {
		nv := *v
		nv.revision = revision
		if bound == 0 {
			nv.others = map[string][]int64{}
		}
		m.view = &nv
	}
	r.created = 0
	return cluster.Grant{ID: cluster.ID(r.id), Slots: slots, Revision: revision}
}

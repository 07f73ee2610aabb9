package etcd

import (
	"context"
	"maps"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
)

// queue waits in the queue. It returns false if the request has to leave the queue, since the size
// has become too small for it.
//
// Each request watches one key only, the request ahead of it. If all n waiters watched the queue,
// each grant would send n events, and wake n processes of which one can move.
func (r *request) queue() (g cluster.Grant, granted bool, err error) {
	for r.ahead != "" {
		// The watch begins after the revision of the read that saw the key, so no deletion is missed,
		// however long the watch takes to reach the server. Any end of the watch leads to a new read.
		err := r.watch(r.ahead, "", r.view.revision+1, func(events []*clientv3.Event) bool {
			return events[len(events)-1].Type == clientv3.EventTypeDelete
		})
		if err != nil {
			return g, false, err
		}
		if err := r.readQueue(); err != nil {
			return g, false, err
		}
	}
	return r.first()
}

// readQueue finds the request ahead. A request moves up without a transaction: the queue is the
// order of the creation revisions, and younger requests never come before this one.
//
// The four reads are one transaction, hence at one revision. If the permits were read after the
// queue, the watch, which begins after the revision of the permits, would miss a deletion between
// the two reads.
func (r *request) readQueue() error {
	m := r.m
	from, end := m.keys.state()
	var resp *clientv3.TxnResponse
	err := m.persist(r.op, func() (err error) {
		resp, err = m.do(r.op, tx{purpose: "look", then: []clientv3.Op{
			clientv3.OpGet(m.keys.user(m.lease)), clientv3.OpGet(m.keys.wait(r.id)),
			clientv3.OpGet(from, clientv3.WithRange(end)),
			lastOf(m.keys.wait(""), clientv3.WithMaxCreateRev(r.created-1))}})
		return err
	})
	if err != nil {
		return err
	}
	if err := r.refresh(resp); err != nil {
		return err
	}
	v, err := m.readView(resp.Header.Revision, rangeAt(resp, 2).Kvs)
	if err != nil {
		return err
	}
	r.queuedBehind(v, rangeAt(resp, 3))
	return nil
}

// first waits at the head of the queue. Only here a session watches the permits in use. Nothing else
// is granted meanwhile: newcomers see the wait key, and this request remains first. So the view needs
// no other source than the watch, and after a release one transaction takes the permits.
func (r *request) first() (g cluster.Grant, granted bool, err error) {
	m := r.m
	v := r.view.clone()
	for {
		m.mu.Lock()
		user, changed := m.user, m.changed
		slots, bound := r.reserve(v, false)
		m.mu.Unlock()
		switch {
		case r.n > v.size:
			return g, false, nil
		case slots == nil:
			if v, err = r.awaitRelease(v, changed); err != nil {
				return g, false, err
			}
			continue
		}
		from, end := m.keys.state()
		t := tx{purpose: "take",
			// The wait key needs no condition that it is first: a request that is first stays first.
			when: []clientv3.Cmp{m.userIs(user),
				clientv3.Compare(clientv3.CreateRevision(m.keys.wait(r.id)), "=", r.created)},
			then: []clientv3.Op{clientv3.OpTxn(r.guards(bound, v.sizeMod),
				[]clientv3.Op{r.putHeld(slots), clientv3.OpDelete(m.keys.wait(r.id))},
				[]clientv3.Op{clientv3.OpGet(from, clientv3.WithRange(end))})},
			orElse: []clientv3.Op{clientv3.OpGet(m.keys.user(m.lease)), clientv3.OpGet(m.keys.wait(r.id))}}
		resp, g, granted, err := r.send(t, slots, v, bound)
		if err != nil || granted {
			return g, granted, err
		}
		if resp == nil {
			continue
		}
		nv, err := m.readView(resp.Header.Revision, rangeAt(inner(resp), 0).Kvs)
		if err != nil {
			return g, false, err
		}
		v = nv
	}
}

func (v *view) clone() *view {
	c := *v
	c.others = maps.Clone(v.others)
	return &c
}

// awaitRelease returns a newer view when something may have changed for the better: another session
// gave back permits, the size changed, or this session gave back permits or gave up asking for
// them. It need not know whether the request now fits: the caller counts again in any case.
func (r *request) awaitRelease(v *view, changed <-chan struct{}) (*view, error) {
	m := r.m
	from, end := m.keys.state()
	ctx, cancel := context.WithCancel(r.op)
	defer cancel()
	events := m.e.calls.watch(ctx, from, end, v.revision+1)
	for {
		select {
		case <-r.ctx.Done():
			return nil, r.ctx.Err()
		case <-changed:
			return v, nil
		case w, open := <-events:
			if !open || w.Err() != nil {
				// Compacted, no leader, or the connection is gone: the state has to be read again.
				if err := r.pause(); err != nil {
					return nil, err
				}
				nv, err := m.look(r.op)
				if err != nil {
					return nil, err
				}
				return nv.clone(), nil
			}
			if err := m.apply(v, w.Events); err != nil {
				return nil, err
			}
			if len(w.Events) > 0 {
				return v, nil
			}
		}
	}
}

// watch returns nil when wanted accepts the events of the keys since the revision, and also when the
// watch ends without them: the revision was compacted, the server lost its leader, the connection
// broke for too long. The caller reads again in all cases.
func (r *request) watch(from, end string, revision int64, wanted func([]*clientv3.Event) bool) error {
	ctx, cancel := context.WithCancel(r.op)
	defer cancel()
	events := r.m.e.calls.watch(ctx, from, end, revision)
	for {
		select {
		case <-r.ctx.Done():
			return r.ctx.Err()
		case w, open := <-events:
			if !open || w.Err() != nil {
				return r.pause()
			}
			if len(w.Events) > 0 && wanted(w.Events) {
				return nil
			}
		}
	}
}

// pause keeps a waiter whose watch ends at once from asking in a tight loop. 50 ms are short beside
// an election, during which watches end.
func (r *request) pause() error {
	select {
	case <-r.ctx.Done():
		return r.ctx.Err()
	case <-time.After(50 * time.Millisecond):
		return nil
	}
}

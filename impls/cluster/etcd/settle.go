package etcd

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
)

// settle finds out what became of a transaction without an answer. It changes the user key in the
// same transaction in which it looks. From then on the lost transaction cannot run any more, as it
// requires the old revision of the user key, and what settle saw is final.
//
// Simply sending the lost transaction again would be wrong: the first one may run after the second,
// and the permits of one of them would have no holder.
func (r *request) settle(ctx context.Context) (g cluster.Grant, granted bool, err error) {
	m := r.m
	resp, err := m.bump(ctx, clientv3.OpGet(m.keys.held(r.id)), clientv3.OpGet(m.keys.wait(r.id)))
	if err != nil {
		return g, false, err
	}
	r.unknown = false
	held, wait := rangeAt(resp, 1).Kvs, rangeAt(resp, 2).Kvs
	if len(held) > 0 {
		slots, err := parseSlots(held[0].Value)
		if err != nil {
			return g, false, m.badFormat(held[0].Key, err)
		}
		g = cluster.Grant{ID: cluster.ID(r.id), Slots: slots, Revision: held[0].CreateRevision}
		m.mu.Lock()
		defer m.mu.Unlock()
		// The view stays as it is: the lost answer had proved something about it, and is lost.
		m.held[r.id] = &holding{slots: slots, created: g.Revision, changed: held[0].ModRevision}
		r.created = 0
		return g, true, nil
	}
	r.cancelReservation()
	switch {
	case len(wait) > 0:
		r.created = wait[0].CreateRevision
		return g, false, r.readQueue()
	case r.created > 0:
		r.created = 0
		return g, false, m.lost(m.keys.wait(r.id), "acquire again")
	}
	return g, false, nil // it never ran
}

// bump changes the user key and runs the operations with it.
func (m *member) bump(ctx context.Context, ops ...clientv3.Op) (*clientv3.TxnResponse, error) {
	user := m.keys.user(m.lease)
	t := tx{purpose: "settle",
		when: []clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(user), ">", 0)},
		then: append([]clientv3.Op{clientv3.OpPut(user, format, clientv3.WithLease(m.lease))}, ops...)}
	var resp *clientv3.TxnResponse
	err := m.persist(ctx, func() (err error) { resp, err = m.do(ctx, t); return err })
	if err != nil {
		return nil, err
	}
	if !resp.Succeeded {
		return nil, m.expired() // the lease has ended, and all its keys with it
	}
	m.mu.Lock()
	m.user = max(m.user, resp.Header.Revision)
	m.mu.Unlock()
	return resp, nil
}

// withdraw removes what a failed request has left in etcd. It needs a round trip, and the caller waits
// for it, so that a cancelled request does not stand in the queue after Acquire returned. Without an
// answer within the grace, the work goes on in the background.
func (r *request) withdraw() {
	m := r.m
	switch {
	case r.unknown:
		remove := func(ctx context.Context) error {
			_, err := m.bump(ctx, clientv3.OpDelete(m.keys.held(r.id)), clientv3.OpDelete(m.keys.wait(r.id)))
			if err == nil {
				r.cancelReservation()
			}
			return err
		}
		if remove(r.op) != nil {
			m.later(remove)
		}
	case r.created > 0:
		if r.leave() != nil {
			m.later(func(ctx context.Context) error { return m.dequeue(ctx, r.id) })
		}
	}
}

// leave takes the request out of the queue. The request behind sees the deletion.
func (r *request) leave() error {
	err := r.m.dequeue(r.op, r.id)
	if err == nil {
		r.created = 0
	}
	return err
}

// dequeue needs no condition and no bump of the user key: the ID is never used again, so deleting its
// wait key twice, or late, harms nothing. A bump would make the transactions of all other goroutines
// of the session fail, and a storm of cancellations would then stop them all.
func (m *member) dequeue(ctx context.Context, id string) error {
	return m.persist(ctx, func() error {
		_, err := m.do(ctx, tx{purpose: "leave", then: []clientv3.Op{clientv3.OpDelete(m.keys.wait(id))}})
		return err
	})
}

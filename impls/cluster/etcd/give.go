package etcd

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/internal/try"
)

// Give gives back the slots that are not in keep. The condition is the revision of the key: of its
// creation to delete it, of its last change to shorten it. So a repetition that arrives late does
// nothing: no key ever gets an old revision again.
func (m *member) Give(ctx context.Context, g cluster.Grant, keep []int64) error {
	id := string(g.ID)
	m.mu.Lock()
	h := m.held[id]
	if h == nil {
		m.mu.Unlock()
		return m.lost(m.keys.held(id), "acquire again; another holder may have had the permits")
	}
	// From here on the key may be missing for a good reason, so Renew must not report it as lost.
	// The mark stays if etcd does not answer, because the give is then repeated in the background.
	h.giving = true
	changed := h.changed
	m.mu.Unlock()

	repeated := false
	give := func(ctx context.Context) error { return m.giveOnce(ctx, id, g.Revision, changed, keep, &repeated) }
	// A ctx that is done gets a short time of its own: the permits are in the way of others.
	op, end := try.Grace(ctx, m.ctx, grace)
	defer end()
	err := m.persist(op, func() error { return give(op) })
	switch {
	case err == nil || errors.Is(err, cluster.ErrLost) || errors.Is(err, cluster.ErrRestored):
		return err
	case m.ctx.Err() != nil:
		return m.expired()
	}
	m.later(give)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return m.e.explain(fmt.Sprintf("give back permits of %q", m.name), m.keys.held(id), err)
}

// giveOnce runs the transaction of a Give. repeated says whether an earlier one had no answer: only
// then may a key that is missing have been deleted by this Give itself.
func (m *member) giveOnce(ctx context.Context, id string, created, changed int64, keep []int64,
	repeated *bool) error {
	key := m.keys.held(id)
	t := tx{purpose: "give",
		when:   []clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(key), "=", created)},
		then:   []clientv3.Op{clientv3.OpDelete(key)},
		orElse: []clientv3.Op{clientv3.OpGet(key)}}
	if len(keep) > 0 {
		t.when = []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(key), "=", changed)}
		t.then = []clientv3.Op{clientv3.OpPut(key, slotsValue(keep), clientv3.WithLease(m.lease))}
	}
	r, err := m.do(ctx, t)
	if err != nil {
		*repeated = true
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.held[id]
	changed = r.Header.Revision
	if !r.Succeeded {
		kvs := rangeAt(r, 0).Kvs
		if len(kvs) == 0 || kvs[0].CreateRevision != created {
			if h != nil {
				m.forget(id)
			}
			if *repeated {
				return nil // an earlier try did it, and its answer was lost
			}
			return m.lost(key, "acquire again; another holder may have had the permits")
		}
		changed = kvs[0].ModRevision // an earlier try, or a later Give that kept less
	}
	if h == nil {
		return nil
	}
	if len(keep) == 0 {
		m.forget(id)
		return nil
	}
	if len(keep) < len(h.slots) { // a late answer must not add slots that a later Give has removed
		h.slots = keep
	}
	h.changed, h.giving = max(h.changed, changed), false
	m.wake()
	return nil
}

// perRenewal is the number of grants that one transaction compares. etcd takes 128 conditions, and
// 128 operations in each branch, by default; verify has two operations more than conditions.
const perRenewal = 100

// Renew renews the lease, and then makes sure that etcd still has the size, the user and the grants.
// The second part is a read. It finds keys that were deleted by hand, and a store that was restored
// from a backup: there the lease may well exist, while the grants of the last minutes do not.
//
// The renewal comes first, since it alone keeps the session alive. A grant that is made after the
// list was drawn up is compared in the next Renew, a third of a TTL later.
func (m *member) Renew(ctx context.Context) ([]cluster.ID, error) {
	err := m.e.calls.renew(ctx, m.lease)
	if err == rpctypes.ErrLeaseNotFound { //nolint:errorlint // the client returns this very value
		return nil, m.expired()
	}
	if err != nil {
		return nil, fmt.Errorf("at %s: %w", m.endpoint(), err)
	}
	m.mu.Lock()
	created := map[string]int64{}
	for id, h := range m.held {
		if h.created > 0 && !h.giving {
			created[id] = h.created
		}
	}
	m.mu.Unlock()
	var ids []string
	for id := range created {
		ids = append(ids, id)
	}
	var lost []cluster.ID
	for part := range slices.Chunk(append(ids, ""), perRenewal) { // "" lets the loop run once at least
		missing, err := m.verify(ctx, part, created)
		lost = append(lost, missing...)
		if err != nil && refused(err) {
			return lost, err
		}
		// Any other error is the network's. The lease was renewed, so the session lives; the next
		// Renew looks again.
	}
	return lost, nil
}

// verify returns the grants that etcd does not have.
//
// The grants are conditions, and not reads: if all are there, which is the rule, the answer has two
// keys instead of a hundred. Only if one is missing does the other branch read them all.
func (m *member) verify(ctx context.Context, ids []string, created map[string]int64) ([]cluster.ID, error) {
	user := m.keys.user(m.lease)
	t := tx{purpose: "verify",
		then:   []clientv3.Op{clientv3.OpGet(m.keys.size()), clientv3.OpGet(user, clientv3.WithKeysOnly())},
		orElse: []clientv3.Op{clientv3.OpGet(m.keys.size()), clientv3.OpGet(user, clientv3.WithKeysOnly())}}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	for _, id := range ids {
		key := m.keys.held(id)
		t.when = append(t.when, clientv3.Compare(clientv3.CreateRevision(key), "=", created[id]))
		t.orElse = append(t.orElse, clientv3.OpGet(key, clientv3.WithKeysOnly()))
	}
	r, err := m.do(ctx, t)
	if err != nil {
		return nil, err
	}
	size := rangeAt(r, 0).Kvs
	switch {
	case len(size) == 0:
		return nil, m.lostSize()
	case len(rangeAt(r, 1).Kvs) == 0:
		return nil, m.lost(user, "open a new session")
	}
	if _, err := parseSize(size[0].Value); err != nil {
		return nil, m.badFormat(size[0].Key, err)
	}
	if r.Succeeded {
		return nil, nil
	}
	var lost []cluster.ID
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, id := range ids {
		kvs := rangeAt(r, 2+i).Kvs
		missing := len(kvs) == 0 || kvs[0].CreateRevision != created[id]
		// A Give that began meanwhile explains a missing key.
		if h := m.held[id]; missing && h != nil && !h.giving {
			m.forget(id)
			lost = append(lost, cluster.ID(id))
		}
	}
	return lost, nil
}

// Resize sets the size. The condition is the size that was there before: a repetition that arrives
// late must not undo a later Resize of another session. After a lost answer the loop looks again:
// if the size is the wanted one, this Resize or another one has done it, and it is all the same
// which.
func (m *member) Resize(ctx context.Context, size int64) error {
	op := fmt.Sprintf("resize %q to %d", m.name, size)
	if size > MaxSize {
		return &cluster.Error{Op: op, Err: cluster.ErrWeight,
			Next: fmt.Sprintf("use a size of at most %d", MaxSize)}
	}
	key := m.keys.size()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(m.ctx, cancel)() // a caller with a ctx without an end must not hang
	for {
		v, err := m.look(ctx)
		if err != nil {
			return m.e.explain(op, key, err)
		}
		if v.size == size {
			return nil
		}
		r, err := m.do(ctx, tx{purpose: "resize",
			when: []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(key), "=", v.sizeMod)},
			then: []clientv3.Op{clientv3.OpPut(key, sizeRecord{made: v.made, size: size}.String())}})
		switch {
		case err == nil && r.Succeeded:
			_, err := m.look(ctx) // the fast path of this session must not fail on the old size
			return err
		case err != nil && refused(err):
			return m.e.explain(op, key, err)
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// Stats reads the state and counts the queue, at one revision.
func (m *member) Stats(ctx context.Context) (s cluster.Stats, err error) {
	from, end := m.keys.state()
	r, err := m.do(ctx, tx{purpose: "stats", then: []clientv3.Op{clientv3.OpGet(from, clientv3.WithRange(end)),
		clientv3.OpGet(m.keys.wait(""), clientv3.WithPrefix(), clientv3.WithCountOnly())}})
	if err != nil {
		return s, m.e.explain(fmt.Sprintf("stats of %q", m.name), m.keys.base, err)
	}
	for _, kv := range rangeAt(r, 0).Kvs {
		if string(kv.Key) == m.keys.size() {
			size, err := parseSize(kv.Value)
			if err != nil {
				return s, m.badFormat(kv.Key, err)
			}
			s.Size = size.size
			continue
		}
		slots, err := parseSlots(kv.Value)
		if err != nil {
			return s, m.badFormat(kv.Key, err)
		}
		s.Holders++
		s.Held += int64(len(slots))
	}
	s.Waiters = rangeAt(r, 1).Count
	return s, nil
}

// Leave revokes the lease: one request deletes all keys of the session. It first stops the work in
// the background, which removes single keys of this session, and would only compete with the
// request.
func (m *member) Leave(ctx context.Context) error {
	m.stop()
	err := m.e.calls.revoke(ctx, m.lease)
	if err == nil || err == rpctypes.ErrLeaseNotFound { //nolint:errorlint // as in Renew
		return nil
	}
	return m.e.explain(fmt.Sprintf("close session of %q", m.name), m.keys.user(m.lease), err)
}

// leaveSoon leaves without a caller that waits. If it fails, the lease ends by itself after its
// TTL.
func (m *member) leaveSoon() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = m.Leave(ctx)
}

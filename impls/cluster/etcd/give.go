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

// Give gives back the slots that are not kept: the slots of MaxGives grants in one transaction. The condition is
// the revision of each key: of its creation to delete it, of its last change to shorten it. So a
// repetition that arrives late does nothing: no key ever gets an old revision again.
func (m *member) Give(ctx context.Context, gives []cluster.Give) (first error) {
	for part := range slices.Chunk(gives, cluster.MaxGives) {
		if err := m.give(ctx, part); first == nil {
			first = err
		}
	}
	return first
}

// A giving is one Give of up to MaxGives grants. Only one goroutine uses it at a time.
type giving struct {
	m        *member
	all      []*given
	repeated bool // an earlier transaction had no answer, so it may have run
	apart    bool // the grants are given back one by one
}

// A given is one grant of a giving.
type given struct {
	id               string
	created, changed int64 // revisions of the key
	keep             []int64
	done             bool // etcd has done it
}

func (m *member) give(ctx context.Context, gives []cluster.Give) error {
	var lost error // the first grant that etcd does not have
	var all []*given
	m.mu.Lock()
	for _, g := range gives {
		id := string(g.Grant.ID)
		h := m.held[id]
		if h == nil {
			if lost == nil {
				lost = m.lostGrant(id)
			}
			continue
		}
		// From here on the key may be missing for a good reason, so Renew must not report it as lost.
		// The mark stays if etcd does not answer, because the give is then repeated in the background.
		h.giving = true
		all = append(all, &given{id: id, created: g.Grant.Revision, changed: h.changed, keep: g.Keep})
	}
	m.mu.Unlock()
	if len(all) == 0 {
		return lost
	}
	w := &giving{m: m, all: all}
	// A ctx that is done gets a short time of its own: the permits are in the way of others.
	op, end := try.Grace(ctx, m.ctx, grace)
	defer end()
	err := m.persist(op, func() error { return w.run(op) })
	switch {
	case err == nil:
		return lost
	case errors.Is(err, cluster.ErrLost) || errors.Is(err, cluster.ErrRestored):
		return err
	case m.ctx.Err() != nil:
		return m.expired()
	}
	m.later(func(ctx context.Context) error {
		err := w.run(ctx)
		if errors.Is(err, cluster.ErrLost) {
			return nil // nothing is left to give back
		}
		return err
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return m.e.explain(fmt.Sprintf("give back permits of %q", m.name), m.keys.held(all[0].id), err)
}

func (m *member) lostGrant(id string) error {
	return m.lost(m.keys.held(id), "acquire again; another holder may have had the permits")
}

// run gives back all grants in one transaction. Its condition fails as a whole: if an earlier run has done it, or
// if a key is missing. Then each grant gets a transaction of its own, which finds out.
func (w *giving) run(ctx context.Context) (lost error) {
	m := w.m
	if len(w.all) > 1 && !w.apart {
		t := tx{purpose: "give"}
		for _, g := range w.all {
			when, then := m.step(g)
			t.when, t.then = append(t.when, when), append(t.then, then)
		}
		r, err := m.do(ctx, t)
		if err != nil {
			w.repeated = w.repeated || !refused(err)
			return err
		}
		if r.Succeeded {
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, g := range w.all {
				m.gave(g, r.Header.Revision)
			}
			return nil
		}
		w.apart = true
	}
	for _, g := range w.all {
		if g.done {
			continue
		}
		err := m.giveOnce(ctx, g, &w.repeated)
		switch {
		case err == nil:
		case !errors.Is(err, cluster.ErrLost):
			return err
		case lost == nil:
			lost = err
		}
		g.done = true
	}
	return lost
}

// step returns the condition and the operation that give a grant back.
func (m *member) step(g *given) (clientv3.Cmp, clientv3.Op) {
	key := m.keys.held(g.id)
	if len(g.keep) > 0 {
		return clientv3.Compare(clientv3.ModRevision(key), "=", g.changed),
			clientv3.OpPut(key, slotsValue(g.keep), clientv3.WithLease(m.lease))
	}
	return clientv3.Compare(clientv3.CreateRevision(key), "=", g.created), clientv3.OpDelete(key)
}

// giveOnce gives back one grant. repeated says whether an earlier transaction had no answer: only then may a
// key that is missing have been deleted by this Give itself.
func (m *member) giveOnce(ctx context.Context, g *given, repeated *bool) error {
	key := m.keys.held(g.id)
	when, then := m.step(g)
	r, err := m.do(ctx, tx{purpose: "give", when: []clientv3.Cmp{when}, then: []clientv3.Op{then},
		orElse: []clientv3.Op{clientv3.OpGet(key)}})
	if err != nil {
		*repeated = true
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	changed := r.Header.Revision
	if !r.Succeeded {
		kvs := rangeAt(r, 0).Kvs
		if len(kvs) == 0 || kvs[0].CreateRevision != g.created {
			if m.held[g.id] != nil {
				m.forget(g.id)
			}
			if *repeated {
				return nil // an earlier try did it, and its answer was lost
			}
			return m.lostGrant(g.id)
		}
		changed = kvs[0].ModRevision // an earlier try, or a later Give that kept less
	}
	m.gave(g, changed)
	return nil
}

// gave records what a transaction gave back. The caller has m.mu.
func (m *member) gave(g *given, changed int64) {
	h := m.held[g.id]
	if h == nil {
		return
	}
	if len(g.keep) == 0 {
		m.forget(g.id)
		return
	}
	if len(g.keep) < len(h.slots) { // a late answer must not add slots that a later Give has removed
		h.slots = g.keep
	}
	h.changed, h.giving = max(h.changed, changed), false
	m.wake()
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
	// The looks end after a third of the TTL. Hundreds of them on a slow server would otherwise last until the
	// session ends, though its lease was renewed. The map gives the grants in a random order, so no grant is
	// left out for long.
	ctx, cancel := context.WithTimeout(ctx, m.ttl/3)
	defer cancel()
	var lost []cluster.ID
	for part := range slices.Chunk(append(ids, ""), perRenewal) { // "" lets the loop run once at least
		missing, err := m.verify(ctx, part, created)
		lost = append(lost, missing...)
		if err != nil && refused(err) {
			return lost, err
		}
		// Any other error is the network's. The lease was renewed, so the session lives; the next
		// Renew looks again.
		if ctx.Err() != nil {
			break
		}
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

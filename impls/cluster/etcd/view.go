package etcd

import (
	"bytes"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// A view holds the permits that other sessions use, and the size, as a session knows them.
//
// Its promise: every permit that another session uses and that was granted at or before the revision
// is in others. The view may have too many permits, never too few, because a grant only loses slots
// and ends. So a transaction may rely on an old view if etcd confirms that no other session was
// granted anything after the revision; see request.guards.
type view struct {
	revision int64
	sizeRecord
	sizeMod int64              // modification revision of the size key; 0 if the key is missing
	others  map[string][]int64 // ID to slots
}

// readView makes a view of the answer to a range request over keys.state.
func (m *member) readView(revision int64, kvs []*mvccpb.KeyValue) (*view, error) {
	v := &view{revision: revision, others: map[string][]int64{}}
	for _, kv := range kvs {
		if err := m.put(v, kv); err != nil {
			return nil, err
		}
	}
	if v.sizeMod == 0 {
		return nil, m.lostSize()
	}
	return v, nil
}

// put records one key of keys.state.
func (m *member) put(v *view, kv *mvccpb.KeyValue) error {
	if string(kv.Key) == m.keys.size() {
		size, err := parseSize(kv.Value)
		if err != nil {
			return m.badFormat(kv.Key, err)
		}
		v.sizeRecord, v.sizeMod = size, kv.ModRevision
		return nil
	}
	id := m.heldID(kv.Key)
	if ownedBy(id, m.own) {
		return nil // member.held knows better: it has grants that the answer is too old for
	}
	slots, err := parseSlots(kv.Value)
	if err != nil {
		return m.badFormat(kv.Key, err)
	}
	v.others[id] = slots
	return nil
}

func (m *member) heldID(key []byte) string {
	return string(bytes.TrimPrefix(key, []byte(m.keys.held(""))))
}

// apply adds the events of a watch over keys.state to the view. etcd sends the events in the order of
// their revisions, and never half of a revision, so the view keeps its promise. Events that the view
// has already are skipped: the view may come from a request that is newer than the watch.
func (m *member) apply(v *view, events []*clientv3.Event) error {
	for _, e := range events {
		if e.Kv.ModRevision <= v.revision {
			continue
		}
		switch {
		case e.Type == clientv3.EventTypePut:
			if err := m.put(v, e.Kv); err != nil {
				return err
			}
		case string(e.Kv.Key) == m.keys.size():
			return m.lostSize()
		default:
			id := m.heldID(e.Kv.Key)
			delete(v.others, id)
			m.gone(id)
		}
	}
	if n := len(events); n > 0 {
		v.revision = max(v.revision, events[n-1].Kv.ModRevision)
	}
	return nil
}

// pick returns the n lowest free slots, or nil if fewer are free. The caller has m.mu. Others says
// whether the permits of other sessions count; without them the caller must have etcd confirm that
// there are none.
//
// The lowest slots are taken, so that grants are few ranges and their values short.
//
// Grants above a size that has shrunk count, so nothing is granted before enough of them ended.
// The slots above the size are not picked. If h permits are held, at most h slots below the size
// are in use, so size-h free slots are always found there.
func (m *member) pick(v *view, n int64, others bool) []int64 {
	used := map[int64]bool{}
	for _, h := range m.held {
		mark(used, h.slots)
	}
	if others {
		for _, slots := range v.others {
			mark(used, slots)
		}
	}
	if n > v.size-int64(len(used)) { // not used+n > size: that could overflow
		return nil
	}
	slots := make([]int64, 0, n)
	for s := int64(0); int64(len(slots)) < n; s++ {
		if !used[s] {
			slots = append(slots, s)
		}
	}
	return slots
}

func mark(used map[int64]bool, slots []int64) {
	for _, s := range slots {
		used[s] = true
	}
}

package etcd

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// An event is one change under the keys of a semaphore.
type event struct {
	revision int64
	group    string // held or wait
	id       string
	slots    []int64 // of a held key
	n        int64   // of a wait key
	deleted  bool
}

// judgeHistory replays all events of a semaphore and returns the first violation: more permits than the
// size, a slot with two holders, a fence that does not grow, a grant before an older request. It knows
// the keys and nothing of the code that writes them.
func judgeHistory(size int64, events []event) (grants int, err error) {
	type request struct{ created, n int64 }
	held, wait := map[string][]int64{}, map[string]request{}
	newest := map[int64]int64{}
	for len(events) > 0 {
		group := 1
		for group < len(events) && events[group].revision == events[0].revision {
			group++
		}
		now := events[:group]
		events = events[group:]
		before := map[string]request{}
		for id, r := range wait {
			before[id] = r
		}
		var granted []event
		for _, e := range now {
			switch {
			case e.group == "held" && e.deleted:
				delete(held, e.id)
			case e.group == "held":
				if _, shorter := held[e.id]; !shorter {
					granted = append(granted, e)
				}
				held[e.id] = e.slots
			case e.deleted:
				delete(wait, e.id)
			default:
				wait[e.id] = request{e.revision, e.n}
			}
		}
		users := map[int64]string{}
		for id, slots := range held {
			for _, s := range slots {
				if other := users[s]; other != "" {
					return grants, fmt.Errorf("revision %d: slot %d has two holders: %s and %s", now[0].revision, s, other, id)
				}
				users[s] = id
			}
		}
		if int64(len(users)) > size {
			return grants, fmt.Errorf("revision %d: %d permits are held, size %d", now[0].revision, len(users), size)
		}
		for _, e := range granted {
			grants++
			for _, s := range e.slots {
				if s >= size || newest[s] >= e.revision {
					return grants, fmt.Errorf("revision %d: slot %d of size %d, whose newest fence is %d", e.revision, s, size, newest[s])
				}
				newest[s] = e.revision
			}
			own, queued := before[e.id]
			for id, r := range before {
				if id != e.id && (!queued || r.created < own.created) {
					return grants, fmt.Errorf("revision %d: %s is granted before %s, which came at revision %d",
						e.revision, e.id, id, r.created)
				}
			}
		}
	}
	return grants, nil
}

// readHistory reads all events of a semaphore, from the first revision on.
func readHistory(ctx context.Context, c *clientv3.Client, k keys) (events []event, err error) {
	now, err := c.Get(ctx, k.size())
	if err != nil {
		return nil, err
	}
	// A last event, so that the watch has an end.
	if _, err := c.Put(ctx, k.base+"wait/end", "v1 0"); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for r := range c.Watch(ctx, k.base, clientv3.WithPrefix(), clientv3.WithRev(1)) {
		if err := r.Err(); err != nil {
			return nil, err
		}
		for _, e := range r.Events {
			group, id, ok := strings.Cut(strings.TrimPrefix(string(e.Kv.Key), k.base), "/")
			if id == "end" {
				return events, nil
			}
			if !ok || group != "held" && group != "wait" {
				continue
			}
			ev := event{revision: e.Kv.ModRevision, group: group, id: id, deleted: e.Type == clientv3.EventTypeDelete}
			if !ev.deleted {
				if group == "held" {
					ev.slots, err = parseSlots(e.Kv.Value)
				} else {
					ev.n, err = strconv.ParseInt(strings.TrimPrefix(string(e.Kv.Value), "v1 "), 10, 64)
				}
				if err != nil {
					return nil, err
				}
			}
			events = append(events, ev)
		}
	}
	return nil, fmt.Errorf("the watch of the history ended at revision %d", now.Header.Revision)
}

// The oracle refuses each kind of violation, and passes a correct neighbour of each.
func TestOracle(t *testing.T) {
	held := func(revision int64, id string, slots ...int64) event {
		return event{revision: revision, group: "held", id: id, slots: slots}
	}
	gone := func(revision int64, group, id string) event {
		return event{revision: revision, group: group, id: id, deleted: true}
	}
	wait := func(revision int64, id string, n int64) event {
		return event{revision: revision, group: "wait", id: id, n: n}
	}
	for _, c := range []struct {
		name   string
		want   string // "" for a correct history
		events []event
	}{
		{"hand-off", "", []event{held(1, "a", 0, 1), wait(2, "b", 2), gone(3, "held", "a"), gone(4, "wait", "b"), held(4, "b", 0, 1)}},
		{"two holders", "two holders", []event{held(1, "a", 0), held(2, "b", 0)}},
		{"neighbour: two slots", "", []event{held(1, "a", 0), held(2, "b", 1)}},
		{"too many", "3 permits", []event{held(1, "a", 0, 1), held(2, "b", 2)}},
		{"old fence", "newest fence", []event{held(5, "a", 0), gone(6, "held", "a"), held(5, "b", 0)}},
		{"neighbour: shortened", "", []event{held(1, "a", 0, 1), held(2, "a", 0), held(3, "b", 1)}},
		{"passes the queue", "granted before x", []event{held(1, "a", 0), wait(2, "x", 2), held(3, "b", 1)}},
		{"second before first", "granted before x", []event{wait(2, "x", 2), wait(3, "y", 1), gone(4, "wait", "y"), held(4, "y", 0)}},
		{"neighbour: the first has left", "", []event{wait(2, "x", 2), wait(3, "y", 1), gone(4, "wait", "x"),
			gone(5, "wait", "y"), held(5, "y", 0)}},
	} {
		_, err := judgeHistory(2, c.events)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

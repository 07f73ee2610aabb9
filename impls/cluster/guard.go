package cluster

import (
	"fmt"
	"slices"
	"sync"
)

// A Guard protects a resource from holders whose permits have expired. The resource calls Check
// with the fences of each request, before the request changes anything.
//
// A lease alone cannot protect the resource. The holder may read its clock, find time left, and be
// stopped for a minute before its request goes out. The Guard needs no clock: the next holder of
// the slot has a greater revision, and after its first request the old holder is refused. Until
// then the old holder is the only user of its slot, so at most N slots are in use at any time.
//
// The zero Guard is ready for use. It is safe for concurrent use. A resource that restarts loses
// its Guard unless it stores Newest and passes the stored fences to Check of the new Guard.
type Guard struct {
	mu     sync.Mutex
	newest map[int64]int64 // slot to revision
}

// Check records the fences and returns nil, or returns an error that wraps ErrStale and records
// none of them. It refuses a fence that is older than the newest one of its slot. A fence may be
// used many times.
//
// If the engine was restored from a backup, all its new fences may be older than the fences
// that the Guard has seen. Check then refuses them, and that is right: the Guard cannot tell them from
// permits of dead holders. The error names the remedy.
func (g *Guard) Check(fences ...Fence) error {
	if len(fences) == 0 {
		return &Error{Op: "check fences", Err: ErrStale, Detail: "the request has no fence",
			Next: "pass Lease.Fences with each request to the resource"}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, f := range fences {
		if newest, seen := g.newest[f.Slot]; seen && f.Revision < newest {
			return &Error{Op: "check fences", Err: ErrStale,
				Detail: fmt.Sprintf("slot %d: revision %d, and the newest is %d",
					f.Slot, f.Revision, newest),
				Next: "acquire again; if every new lease is refused, the engine was restored from a " +
					"backup: restore it with etcdutl snapshot restore --bump-revision"}
		}
	}
	if g.newest == nil {
		g.newest = map[int64]int64{}
	}
	for _, f := range fences {
		g.newest[f.Slot] = f.Revision
	}
	return nil
}

// Newest returns the newest fence of each slot that was used, in the order of the slots.
func (g *Guard) Newest() []Fence {
	g.mu.Lock()
	defer g.mu.Unlock()
	fences := make([]Fence, 0, len(g.newest))
	for slot, revision := range g.newest {
		fences = append(fences, Fence{slot, revision})
	}
	slices.SortFunc(fences, func(a, b Fence) int { return int(min(1, max(-1, a.Slot-b.Slot))) })
	return fences
}

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
	newest map[int64]Fence // by slot
}

// Check records the fences and returns nil, or returns an error that wraps ErrStale and records
// none of them. It refuses a fence that is older than the newest one of its slot. A fence may be
// used many times.
//
// It also refuses a fence of the newest revision that is of another grant: only the first of two such holders
// gets in. They exist only after a restore.
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
		newest, seen := g.newest[f.Slot]
		if seen && (f.Revision < newest.Revision || f.rivals(newest)) {
			return &Error{Op: "check fences", Err: ErrStale,
				Detail: fmt.Sprintf("slot %d: revision %d of grant %q, and the newest is %d of %q",
					f.Slot, f.Revision, f.Grant, newest.Revision, newest.Grant),
				Next: "acquire again; if every new lease is refused, the engine was restored from a " +
					"backup: restore it with etcdutl snapshot restore --bump-revision"}
		}
	}
	if g.newest == nil {
		g.newest = map[int64]Fence{}
	}
	for _, f := range fences {
		if newest := g.newest[f.Slot]; f.Grant == "" && f.Revision == newest.Revision {
			f.Grant = newest.Grant // a fence that leaves the grant out must not make the Guard forget it
		}
		g.newest[f.Slot] = f
	}
	return nil
}

// rivals reports whether two fences of one slot have one revision and belong to different grants.
func (f Fence) rivals(other Fence) bool {
	return f.Revision == other.Revision && f.Grant != other.Grant && f.Grant != "" && other.Grant != ""
}

// Newest returns the newest fence of each slot that was used, in the order of the slots.
func (g *Guard) Newest() []Fence {
	g.mu.Lock()
	defer g.mu.Unlock()
	fences := make([]Fence, 0, len(g.newest))
	for _, f := range g.newest {
		fences = append(fences, f)
	}
	slices.SortFunc(fences, func(a, b Fence) int { return int(min(1, max(-1, a.Slot-b.Slot))) })
	return fences
}

package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/semabench/semabench/impls/cluster"
	slotlist "github.com/semabench/semabench/impls/cluster/internal/slots"
	"github.com/semabench/semabench/impls/cluster/internal/try"
)

// final reports whether no repetition can help, however long it waits.
func final(err error) bool {
	return errors.Is(err, cluster.ErrExpired) || errors.Is(err, cluster.ErrLost) ||
		errors.Is(err, cluster.ErrRestored) || errors.Is(err, cluster.ErrFormat)
}

// Give gives back the slots that are not kept: the slots of perRun grants in one run of the script. A grant never
// gets a slot back, and its fence is never given again, so a copy that arrives late does nothing.
func (m *member) Give(ctx context.Context, gives []cluster.Give) (first error) {
	for part := range slices.Chunk(gives, perRun) {
		if err := m.give(ctx, part); first == nil {
			first = err
		}
	}
	return first
}

func (m *member) give(ctx context.Context, gives []cluster.Give) error {
	var lost error // the first grant that the server does not have
	var args []string
	var known []cluster.Give
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
		// After a Give of a part, the server still has the record with the same fence, so a renewal
		// finds it. Only a Give of the whole grant explains a record that is missing.
		if len(g.Keep) == 0 {
			h.giving = true
		}
		known = append(known, g)
		args = append(args, id, strconv.FormatInt(g.Grant.Revision, 10), slotlist.Format(g.Keep))
	}
	m.mu.Unlock()
	if len(known) == 0 {
		return lost
	}
	repeated := false
	give := func(ctx context.Context) error {
		a, err := m.do(ctx, "give", args...)
		if err != nil {
			repeated = true
			return err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		for i, g := range known {
			id, gone := string(g.Grant.ID), a.at(i) != "OK"
			if gone || len(g.Keep) == 0 {
				delete(m.held, id)
			}
			if gone && !repeated && lost == nil { // otherwise an earlier copy did it, and its answer was lost
				lost = m.lostGrant(id)
			}
		}
		return lost
	}
	// A ctx that is done gets a short time of its own: the permits are in the way of others.
	op, end := try.Grace(ctx, m.ctx, grace)
	defer end()
	err := try.Persist(op, refused, func() error { return give(op) })
	switch {
	case err == nil || final(err):
		return err
	case m.ctx.Err() != nil:
		return m.expired()
	}
	try.Later(m.ctx, final, func(ctx context.Context) error {
		err := give(ctx)
		if errors.Is(err, cluster.ErrLost) {
			return nil // nothing is left to give back
		}
		return err
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return m.e.explain(fmt.Sprintf("give back permits of %q", m.name), m.keys.requests(), err)
}

func (m *member) lostGrant(id string) error {
	return m.lost(m.keys.requests()+" "+id, "acquire again; another holder may have had the permits")
}

// Renew renews the session, and learns of grants that the server has lost and of messages that this member
// has missed.
func (m *member) Renew(ctx context.Context) ([]cluster.ID, error) {
	return m.ask(ctx, m.ttl.Milliseconds())
}

// look is Renew without more time. The run also removes members that have expired, and serves the
// queue.
func (m *member) look(ctx context.Context) error {
	_, err := m.ask(ctx, 0)
	return err
}

// perRun is the number of requests that one run of the script has: Lua unpacks some thousand values, and a
// give has three for each request.
const perRun = 1000

// A belief is the state of a request as its member knows it.
type belief struct {
	id     string
	fence  int64 // 0 if it waits
	queued bool
}

// ask asks the server for the state of the requests of this member: of all requests in a renewal,
// and of the waiting requests in a look. A look comes more often, because a waiter depends on it; a
// grant that the server has lost can be found by the next renewal.
//
// The beliefs are copied before the runs, and the mutex is free while a run is on its way. So learn
// has to expect that a request has changed meanwhile.
func (m *member) ask(ctx context.Context, ttl int64) (lost []cluster.ID, err error) {
	m.mu.Lock()
	var all []belief
	for id, h := range m.held {
		if ttl > 0 && !h.giving {
			all = append(all, belief{id: id, fence: h.fence})
		}
	}
	for id, w := range m.waiting {
		all = append(all, belief{id: id, queued: w.queued})
	}
	m.mu.Unlock()
	// The runs end after a third of the TTL: the first one has renewed the session, and the others must not
	// last until it ends. The maps give the requests in a random order, so none is left out for long.
	ctx, cancel := context.WithTimeout(ctx, m.ttl/3)
	defer cancel()
	for first := true; first || len(all) > 0; first = false { // once at least: the run itself renews
		part := all[:min(perRun, len(all))]
		all = all[len(part):]
		args := []string{strconv.FormatInt(ttl, 10)}
		for _, b := range part {
			args = append(args, b.id)
		}
		a, err := m.do(ctx, "renew", args...)
		switch {
		case err == nil:
		case !first && ttl > 0 && !final(err) && ctx.Err() != nil:
			return lost, nil
		case !first && ttl > 0 && !final(err):
			continue // the network's error
		default:
			return lost, err
		}
		for i, b := range part {
			if m.learn(b, a.at(i)) {
				lost = append(lost, cluster.ID(b.id))
			}
		}
	}
	return lost, nil
}

// learn compares a belief with the record of the server, and reports whether a grant is lost.
//
// A request that waits, and that the server has granted, missed its message. A request that the
// server had queued and does not know any more was deleted. If the server has not yet answered that
// it queued the request, “gone” proves nothing: the take may still be on its way.
func (m *member) learn(b belief, found string) (lost bool) {
	g, held := parseGrant(b.id, found)
	switch {
	case b.fence == 0 && held:
		m.tell(b.id, found)
	case b.fence == 0 && b.queued && found == "gone":
		m.lose(b.id)
	case b.fence != 0 && (!held || g.Revision != b.fence):
		m.mu.Lock()
		defer m.mu.Unlock()
		if h := m.held[b.id]; h != nil && !h.giving { // a Give that began meanwhile explains it
			delete(m.held, b.id)
			return true
		}
	}
	return false
}

// Resize sets the size. It is gated like a take: a copy that arrives late must not undo a later
// Resize of this or another session.
func (m *member) Resize(ctx context.Context, size int64) error {
	op := fmt.Sprintf("resize %q to %d", m.name, size)
	if size > MaxSize {
		return &cluster.Error{Op: op, Err: cluster.ErrWeight, Next: fmt.Sprintf("use a size of at most %d", MaxSize)}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(m.ctx, cancel)() // a caller with a ctx without an end must not hang
	unknown := false
	_, err := m.gated(ctx, "resize", &unknown, strconv.FormatInt(size, 10))
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return m.e.explain(op, m.keys.state(), err)
}

// Stats reads the state.
func (m *member) Stats(ctx context.Context) (s cluster.Stats, err error) {
	a, err := m.do(ctx, "stats")
	if err != nil {
		return s, m.e.explain(fmt.Sprintf("stats of %q", m.name), m.keys.state(), err)
	}
	for i, to := range []*int64{&s.Size, &s.Held, &s.Holders, &s.Waiters} {
		if *to, err = strconv.ParseInt(a.at(i), 10, 64); err != nil {
			return s, m.badFormat(m.keys.state(), fmt.Sprintf("%.80q", a.rest))
		}
	}
	return s, nil
}

// Leave removes everything that the member has, in one run. A session that the server does not know
// has nothing left to remove, so that is no error.
func (m *member) Leave(ctx context.Context) error {
	m.stop()
	_, err := m.do(ctx, "leave")
	if err == nil || errors.Is(err, cluster.ErrExpired) || errors.Is(err, cluster.ErrLost) ||
		errors.Is(err, cluster.ErrRestored) {
		return nil
	}
	return m.e.explain(fmt.Sprintf("close session of %q", m.name), m.keys.users(), err)
}

// leaveSoon leaves without a caller that waits. If it fails, the member expires after its TTL.
func (m *member) leaveSoon() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = m.Leave(ctx)
}

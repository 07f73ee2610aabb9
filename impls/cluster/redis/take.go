package redis

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/internal/try"
)

// Take takes n permits. The server decides, and keeps the request while it waits: this side only has
// to hear of the decision. It hears of it by a message, by every answer to Renew, and by the answer to a look
// when messages may have been lost.
func (m *member) Take(ctx context.Context, n int64, wait bool) (cluster.Grant, error) {
	op, end := try.Grace(ctx, m.ctx, grace)
	defer end()
	id := m.newID()
	w := &waiter{result: make(chan outcome, 1)}
	m.mu.Lock()
	m.waiting[id] = w // before the request: the message may come before the answer
	m.mu.Unlock()
	unknown := false
	g, err := m.take(ctx, op, id, n, wait, w, &unknown)
	if err == nil {
		return g, nil
	}
	m.mu.Lock()
	delete(m.waiting, id)
	delete(m.held, id)
	m.mu.Unlock()
	if err == cluster.ErrNoPermit {
		return cluster.Grant{}, err // the script has left nothing behind
	}
	m.withdraw(id, unknown)
	if ctx.Err() != nil {
		return cluster.Grant{}, ctx.Err()
	}
	return cluster.Grant{}, m.e.explain(fmt.Sprintf("take %d permits of %q", n, m.name), m.keys.requests(), err)
}

func (m *member) take(ctx, op context.Context, id string, n int64, wait bool, w *waiter, unknown *bool) (
	g cluster.Grant, err error) {
	waits := "0"
	if wait {
		waits = "1"
	}
	a, err := m.gated(op, "take", unknown, id, strconv.FormatInt(n, 10), waits)
	switch {
	case err != nil:
		return g, err
	case a.status == "BUSY":
		return g, cluster.ErrNoPermit
	case a.status == "HELD":
		m.tell(id, a.at(0))
	default:
		m.mu.Lock()
		w.queued = true
		m.mu.Unlock()
		// The message may have been sent before this member listens. That is no loss: listen looks
		// at all requests after each new connection.
		m.hear()
		select {
		case m.waited <- struct{}{}: // watchExpiry has work
		default:
		}
	}
	select { // tried alone first: a ctx that is done must not win over a grant
	case out := <-w.result:
		return out.grant, out.err
	default:
	}
	select {
	case out := <-w.result:
		return out.grant, out.err
	case <-ctx.Done(): // the session ends it before it leaves, so the end of m.ctx needs no case
		return g, ctx.Err()
	}
}

// tell gives a waiter its grant, in the form "FENCE SLOTS". It may be called any number of times:
// the message, the answer to the take, a look and a renewal may all have the same grant. The first
// call takes the waiter out of the map under the mutex, so the channel gets one result, and its
// room of one is enough.
func (m *member) tell(id, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.waiting[id]
	if w == nil {
		return // told before, or withdrawn
	}
	delete(m.waiting, id)
	g, ok := parseGrant(id, text)
	if !ok {
		w.result <- outcome{err: m.badFormat(m.keys.requests(), fmt.Sprintf("%s has %.60q", id, text))}
		return
	}
	m.held[id] = &holding{fence: g.Revision}
	w.result <- outcome{grant: g}
}

// lose ends the wait of a request that the server does not know.
func (m *member) lose(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w := m.waiting[id]; w != nil {
		delete(m.waiting, id)
		w.result <- outcome{err: m.lost(m.keys.requests()+" "+id, "acquire again")}
	}
}

// withdraw removes a request at the server, in whatever state it is there, so that a cancelled request does
// not stand in the queue after Acquire has returned. Without an answer within the grace, the work
// goes on in the background.
func (m *member) withdraw(id string, unknown bool) {
	if m.ctx.Err() != nil {
		return // Leave removes everything
	}
	repeated := "0"
	if unknown {
		repeated = "1"
	}
	remove := func(ctx context.Context) error {
		_, err := m.do(ctx, "withdraw", id, repeated)
		return err
	}
	ctx, cancel := context.WithTimeout(m.ctx, grace)
	defer cancel()
	err := try.Persist(ctx, refused, func() error { return remove(ctx) })
	if err != nil && !final(err) {
		try.Later(m.ctx, final, remove)
	}
}

// hear starts what a member with waiters needs: a connection for messages, and a look when another member
// expires. A member that never waits has neither.
func (m *member) hear() {
	m.hearing.Do(func() {
		go m.listen()
		go m.watchExpiry()
	})
}

// listen receives the messages for this member. After each new connection it looks at all requests
// that wait, as messages that were sent meanwhile are lost.
func (m *member) listen() {
	for m.ctx.Err() == nil {
		_ = m.e.calls.listen(m.ctx, m.keys.channel(m.own),
			func() {
				go func() { _ = try.Persist(m.ctx, refused, func() error { return m.look(m.ctx) }) }()
			},
			func(text string) {
				for i := range text {
					if text[i] == ' ' {
						m.tell(text[:i], text[i+1:])
						return
					}
				}
			})
		select {
		case <-m.ctx.Done():
		case <-time.After(50 * time.Millisecond): // a server that is away must not be asked in a tight loop
		}
	}
}

// watchExpiry runs the script when the next member of the semaphore expires, as long as a request of this
// member waits. Redis has no clock that calls a script: without this, the permits of a dead holder
// would come back only when another member runs the script.
//
// A live member renews three times in its TTL, so this costs each waiting member about one run in two
// thirds of the shortest TTL, which is less than its own renewals cost.
func (m *member) watchExpiry() {
	for {
		m.mu.Lock()
		idle, pause := len(m.waiting) == 0, time.Until(m.expiry)
		m.mu.Unlock()
		wake := m.waited
		// A little later than the expiry: the server counts whole milliseconds, and a run that
		// comes too early removes nothing and has to be repeated.
		timer := time.NewTimer(max(pause, 0) + 2*time.Millisecond)
		if idle {
			timer.Stop()
		} else {
			wake = nil // one more request changes nothing
		}
		select {
		case <-m.ctx.Done():
			timer.Stop()
			return
		case <-wake:
		case <-timer.C:
			if m.look(m.ctx) != nil {
				select {
				case <-m.ctx.Done():
				case <-time.After(100 * time.Millisecond):
				}
			}
		}
	}
}

package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/internal/slots"
	"github.com/semabench/semabench/impls/cluster/internal/try"
)

// patience is the time after which an unanswered run of the script is given up and asked about. A script
// takes microseconds; a server that forks to save its data stands still for some hundred milliseconds.
const patience = 2 * time.Second

// grace is the time for which a request whose ctx is done still waits for an answer.
const grace = 2 * time.Second

// maxPending runs of one member are on the way at once. Each needs a connection of its own meanwhile, and
// Redis runs them one after another, so more would only fill its list of clients: a thousand
// machines have eight thousand connections in the worst case, and Redis takes ten thousand by default.
const maxPending = 8

// A member is one session in one semaphore.
type member struct {
	e    *Engine
	name string
	keys keys
	own  string // the first part of all IDs of this member
	ttl  time.Duration
	next atomic.Int64

	ctx     context.Context // ends with Leave; background work runs under it
	stop    context.CancelFunc
	pending chan struct{}
	hearing sync.Once     // starts hear and watchExpiry
	waited  chan struct{} // has room for one: something waits

	mu      sync.Mutex
	gate    int64 // what a take must show; see passGate in the script
	held    map[string]*holding
	waiting map[string]*waiter
	expiry  time.Time // on the own clock: when the next member of the semaphore expires
	changes int64     // the greatest number in any answer
	broken  error     // set once: the session cannot go on
}

// A holding is a grant of this member.
type holding struct {
	fence  int64
	giving bool // Give has begun
}

// A waiter is a Take that has to be told of its grant.
type waiter struct {
	result chan outcome // has room for the one result
	queued bool         // the server has answered that it has the request
}

type outcome struct {
	grant cluster.Grant
	err   error
}

func newMember(e *Engine, name, own string, ttl time.Duration) *member {
	m := &member{e: e, name: name, keys: keysOf(name), own: own, ttl: ttl, held: map[string]*holding{},
		waiting: map[string]*waiter{}, pending: make(chan struct{}, maxPending), waited: make(chan struct{}, 1)}
	m.ctx, m.stop = context.WithCancel(context.Background())
	return m
}

// TTL returns the time that was asked for: Redis counts milliseconds.
func (m *member) TTL() time.Duration { return m.ttl }

func (m *member) newID() string { return fmt.Sprintf("%s-%d", m.own, m.next.Add(1)) }

// errNotSent is the error of a run that was not sent, since its ctx was done before.
var errNotSent = errors.New("the call ended before the request was sent")

// do runs the script once. A session that went back in time runs nothing more, except that it may
// leave: its record must not stay for a TTL.
func (m *member) do(ctx context.Context, op string, args ...string) (answer, error) {
	m.mu.Lock()
	before, broken := m.changes, m.broken
	m.mu.Unlock()
	if broken != nil && op != "leave" {
		return answer{}, broken
	}
	if op != "renew" { // the heartbeat does not stand in line behind the load
		select {
		case m.pending <- struct{}{}:
			defer func() { <-m.pending }()
		case <-ctx.Done():
			return answer{}, errNotSent
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	words, err := m.e.calls.run(ctx, call{keys: m.keys, op: op, own: m.own, args: args})
	if err != nil {
		return answer{}, err
	}
	a, err := parseAnswer(words)
	if err != nil {
		return a, m.badFormat(m.keys.state(), err.Error())
	}
	switch a.status {
	case "LOST":
		return a, m.lost(m.keys.state(), "open a new session; if other sessions are open, close them first")
	case "FORMAT":
		return a, m.badFormat(a.at(0), fmt.Sprintf("it has %.80q", a.at(1)))
	}
	if err := m.note(a, before); err != nil {
		return a, err
	}
	if a.status == "EXPIRED" {
		return a, m.expired()
	}
	return a, nil
}

// note keeps the facts that every answer has. The number of changes only grows in a server that keeps its
// data. An answer is suspicious if its number is smaller than in an answer that came before the question was
// sent. It shows a replica that was promoted too early, or a server that was started again with older
// data. Answers may come out of order, so an answer is compared with the number before its own question,
// and not with the newest.
//
// The server says for how long the next member still lives, and not until when: its clock and the
// clock of this process need not agree.
func (m *member) note(a answer, before int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes = max(m.changes, a.changes)
	m.expiry = time.Now().Add(a.expiry)
	if a.changes >= before {
		return nil
	}
	m.broken = &cluster.Error{Op: fmt.Sprintf("session of %q", m.name), Endpoint: m.e.endpoint, Key: m.keys.state(),
		Err: cluster.ErrRestored, Detail: fmt.Sprintf("change %d after change %d", a.changes, before),
		Next: "stop the users of the resource, or let its Guard refuse them; then open new sessions"}
	return m.broken
}

// refused reports whether the script certainly did not run, or certainly cannot run later. After any other
// error it may have run, or may run later.
func refused(err error) bool {
	var known *cluster.Error
	if errors.As(err, &known) || err == errNotSent {
		return true
	}
	var answered goredis.Error
	return errors.As(err, &answered) && !passing(err)
}

// passing reports whether the server says that it will do better soon: it loads its data, runs a
// long script of another program, or waits for a new primary. These are answers, but a repetition
// helps.
func passing(err error) bool {
	for _, word := range []string{"LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN"} {
		if strings.HasPrefix(err.Error(), word) {
			return true
		}
	}
	return false
}

// persist repeats a run that may run any number of times.
func (m *member) persist(ctx context.Context, op string, args ...string) (a answer, err error) {
	err = try.Persist(ctx, refused, func() (err error) { a, err = m.do(ctx, op, args...); return err })
	return a, err
}

// gated repeats a run that must have no effect after gated has returned. Each repetition moves the gate, so
// the copies before it cannot run any more; see passGate in the script.
//
// A first try does not move the gate, or takes of several goroutines would refuse one another. They
// all show the same number. If one of them is repeated, the others are answered GATE with the new
// number, and show that number in their next try. That costs them a run, and only after a lost
// answer.
func (m *member) gated(ctx context.Context, op string, unknown *bool, args ...string) (a answer, err error) {
	err = try.Persist(ctx, refused, func() (err error) {
		for {
			m.mu.Lock()
			gate := m.gate
			m.mu.Unlock()
			repeated := "0"
			if *unknown {
				repeated = "1"
			}
			a, err = m.do(ctx, op, append(args, strconv.FormatInt(gate, 10), repeated)...)
			if err != nil {
				// It stays unknown if a later try is refused: the copy before may still run.
				*unknown = *unknown || !refused(err)
				return err
			}
			passed := gate
			if a.status == "GATE" {
				// Another repetition has moved the gate, and all earlier copies of this run are void.
				passed, err = strconv.ParseInt(a.at(0), 10, 64)
				if err != nil {
					return m.badFormat(m.keys.state(), fmt.Sprintf("gate %q", a.at(0)))
				}
			} else if *unknown {
				passed++
			}
			*unknown = false
			m.mu.Lock()
			m.gate = max(m.gate, passed)
			m.mu.Unlock()
			if a.status != "GATE" {
				return nil
			}
		}
	})
	return a, err
}

// parseGrant reads "FENCE SLOTS".
func parseGrant(id, text string) (g cluster.Grant, ok bool) {
	fence, list, _ := strings.Cut(text, " ")
	g.ID = cluster.ID(id)
	var err error
	g.Revision, err = strconv.ParseInt(fence, 10, 64)
	g.Slots, ok = slots.Parse(list, MaxSize)
	return g, ok && err == nil
}

func (m *member) badFormat(key, detail string) error {
	return &cluster.Error{Op: fmt.Sprintf("read %q", m.name), Endpoint: m.e.endpoint, Key: key,
		Err: cluster.ErrFormat, Detail: detail,
		Next: "use one version of this package for the name, or another name; if a person wrote the key, " +
			"delete it while no session is open"}
}

func (m *member) lost(key, next string) error {
	return &cluster.Error{Op: fmt.Sprintf("session of %q", m.name), Endpoint: m.e.endpoint, Key: key,
		Err: cluster.ErrLost, Detail: "a person deleted it, or the server lost its data", Next: next}
}

func (m *member) expired() error {
	return &cluster.Error{Op: fmt.Sprintf("session of %q", m.name), Endpoint: m.e.endpoint, Key: m.keys.users(),
		Err: cluster.ErrExpired, Detail: "the server has no record of the session: its TTL was over, or its record " +
			"was deleted",
		Next: "open a new session; if this repeats, use a longer TTL"}
}

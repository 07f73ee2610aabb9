// Package limiters_test judges public limiters by the contract of package impls: all clauses and random
// programs of stress.Run, and the programs of explore.Semaphore. bench/rivals has four others.
//
// Each adapter changes the form of the calls and nothing else. Each departure of a limiter from the contract is
// declared in Impl.Defects, and docs/findings.md describes it.
package limiters_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eapache/go-resiliency/semaphore"
	"github.com/remeh/sizedwaitgroup"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress"
	"github.com/semabench/semabench/stress/explore"
)

// waitGroup is github.com/remeh/sizedwaitgroup.
type waitGroup struct {
	group *sizedwaitgroup.SizedWaitGroup
}

func newWaitGroup(size int64) waitGroup {
	group := sizedwaitgroup.New(int(size))
	return waitGroup{&group}
}

func (w waitGroup) Acquire(ctx context.Context) error { return w.group.AddWithContext(ctx) }
func (w waitGroup) Release()                          { w.group.Done() }

// tickets is the semaphore of github.com/eapache/go-resiliency. It has a timeout of its own and no ctx.
type tickets struct{ *semaphore.Semaphore }

const patience = time.Minute

func newTickets(size int64) tickets { return tickets{semaphore.New(int(size), patience)} }

func (t tickets) Acquire(context.Context) error { return t.Semaphore.Acquire() }

// pool is the limit of database/sql: a permit is a connection of at most size open ones. Its driver has no
// network, so that only the limit is judged.
type pool struct {
	db   *sql.DB
	mu   sync.Mutex
	held []*sql.Conn
}

func newPool(size int64) *pool {
	p := &pool{db: sql.OpenDB(connector{})}
	p.db.SetMaxOpenConns(int(size))
	return p
}

func (p *pool) Acquire(ctx context.Context) error {
	c, err := p.db.Conn(ctx)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = append(p.held, c)
	return nil
}

// Release closes the connection that was taken last. The panic for too many of them is the adapter's own.
func (p *pool) Release() {
	p.mu.Lock()
	last := len(p.held) - 1
	if last < 0 {
		p.mu.Unlock()
		panic("limiters: no connection is held")
	}
	c := p.held[last]
	p.held = p.held[:last]
	p.mu.Unlock()
	_ = c.Close()
}

func (p *pool) Close() error { return p.db.Close() }

// A connector makes connections to nothing.
type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return conn{}, nil }
func (connector) Driver() driver.Driver                        { return nil }

type conn struct{}

func (conn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("no statements") }
func (conn) Begin() (driver.Tx, error)           { return nil, errors.New("no transactions") }
func (conn) Close() error                        { return nil }

const (
	blocks    = "a Release of more than is held blocks for ever, instead of a panic"
	unlimited = "a size of 0 is no limit"
)

// limiters are the limiters with what they declare.
func limiters() []impls.Impl {
	group := impls.Unit("sizedwaitgroup", newWaitGroup)
	group.Order, group.DoneContext = impls.FIFO, impls.DoneMayWin
	group.Defects = map[string]string{"C10": blocks, "C11": blocks, "C2": unlimited, "C13": unlimited,
		"C14": unlimited, "C15": unlimited}
	pool := impls.Unit("database-sql", newPool)
	pool.Defects = map[string]string{"C2": unlimited, "C13": unlimited, "C14": unlimited, "C15": unlimited}
	return []impls.Impl{group, pool}
}

// Each limiter keeps what it does not declare as broken, under the Go scheduler and under all schedules of
// small programs.
func TestLimiters(t *testing.T) {
	for _, impl := range limiters() {
		t.Run(impl.Name+"/stress", func(t *testing.T) { stress.Run(t, impl) })
		t.Run(impl.Name+"/explore", func(t *testing.T) { explore.Semaphore(t, impl) })
	}
}

// What is declared is there: without its declarations each limiter fails these clauses. C10 and C11 are
// not tried, because a Release that blocks takes the patience of a hang.
func TestDeclared(t *testing.T) {
	for _, impl := range limiters() {
		undeclared := impl
		undeclared.Defects = maps.Clone(impl.Defects)
		maps.DeleteFunc(undeclared.Defects, func(_, instead string) bool { return instead == unlimited })
		failed := map[string]bool{}
		for _, v := range stress.Judge(undeclared) {
			failed[v.ID] = v.Outcome == stress.Fail
		}
		for _, id := range []string{"C2", "C13"} {
			if !failed[id] {
				t.Errorf("%s keeps %s, which it declares to break", impl.Name, id)
			}
		}
	}
}

// A wait for a ticket of go-resiliency is ended by its own timeout, and not by a ctx, which it has not. So
// nearly every clause would wait for a cancellation in vain; these programs show that the limit is kept, and
// that a wait expires.
func TestTickets(t *testing.T) {
	impl := impls.Unit("tickets", newTickets)
	for _, c := range []struct{ program, want string }{
		{"1: a1 r | a1 r", ""},
		{"1: a1 w2 r | w1 a1 r", "C5: Acquire(1) = could not acquire semaphore ticket though its ctx is not done"},
	} {
		// Time passes when nothing else can move, so that the timeout ends no wait that a Release ends.
		r := explore.CheckSemaphore(t, explore.Options{Scenario: c.program, LazyClock: true}, impl)
		if c.want == "" && r.Verdict != explore.Pass || !strings.HasPrefix(r.What, c.want) {
			t.Errorf("%s: %s, %q, want %q", c.program, r.Verdict, r.What, c.want)
		}
	}
}

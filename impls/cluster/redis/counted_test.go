package redis

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/internal/longtest"
)

// A counter counts the runs of the script, without the renewals and the looks.
type counter struct {
	mu       sync.Mutex
	runs     map[string]int
	messages atomic.Int64
}

func counted(e *Engine) *counter {
	c := &counter{runs: map[string]int{}}
	inner := e.calls
	e.calls.run = func(ctx context.Context, q call) ([]string, error) {
		c.mu.Lock()
		c.runs[q.op]++
		c.mu.Unlock()
		return inner.run(ctx, q)
	}
	e.calls.listen = func(ctx context.Context, channel string, confirmed func(), message func(string)) error {
		return inner.listen(ctx, channel, confirmed, func(text string) { c.messages.Add(1); message(text) })
	}
	return c
}

func (c *counter) take() (counts map[string]int, sum int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts, c.runs = c.runs, map[string]int{}
	delete(counts, "stats")
	for _, n := range counts {
		sum += n
	}
	return counts, sum
}

// A permit costs one run to take and one to give back, whatever other sessions hold.
func TestRuns(t *testing.T) {
	e := newEngine(t)
	c := counted(e)
	name := newName(t)
	const rounds = 50
	a, b := open(t, e, name, 3, time.Minute), open(t, e, name, 3, time.Minute)
	acquire(t, b, 2)
	c.take()
	for range rounds {
		must(t, acquire(t, a, 1).Release(t.Context()))
	}
	if counts, sum := c.take(); counts["take"] != rounds || counts["give"] != rounds || sum != 2*rounds {
		t.Errorf("%v runs for %d rounds, want one take and one give each", counts, rounds)
	}
}

// listening returns when the first connection for messages has been confirmed, which costs a look.
func listening(t *testing.T, c *counter) {
	t.Helper()
	for {
		c.mu.Lock()
		looks := c.runs["renew"]
		c.mu.Unlock()
		if looks > 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// A hand-off needs no run but the give, and one message for one waiter, however many wait.
func TestManyWaiters(t *testing.T) {
	waiters := longtest.Or(t, "waiters", 1000, 100)
	e := newEngine(t)
	c := counted(e)
	s := open(t, e, newName(t), 1, 10*time.Minute)
	held := acquire(t, s, 1)
	granted := make(chan *cluster.Lease)
	for range waiters {
		go func() {
			l, err := s.Acquire(t.Context(), 1)
			if err != nil {
				t.Error(err)
			}
			granted <- l
		}()
	}
	waitersAre(t, s, int64(waiters))
	listening(t, c)
	c.take()
	c.messages.Store(0)
	for range waiters {
		must(t, held.Release(t.Context()))
		held = <-granted
	}
	must(t, held.Release(t.Context()))
	counts, sum := c.take()
	t.Logf("%d waiters: %.2f messages and %.2f runs for each hand-off: %v", waiters,
		float64(c.messages.Load())/float64(waiters), float64(sum)/float64(waiters), counts)
	if c.messages.Load() > int64(waiters) {
		t.Errorf("%d messages for %d hand-offs", c.messages.Load(), waiters)
	}
	if counts["give"] != waiters+1 || counts["take"] != 0 {
		t.Errorf("%v runs for %d hand-offs", counts, waiters)
	}
}

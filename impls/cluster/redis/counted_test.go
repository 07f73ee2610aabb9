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

// A Release of permits that came in many leases is one run of the script.
func TestReleaseTogether(t *testing.T) {
	e := newEngine(t)
	c := counted(e)
	s := open(t, e, newName(t), 2*perRun, 30*time.Second)
	sem := cluster.AsSemaphore(s)
	for leases, want := range map[int64]int{1: 1, 4: 1, perRun: 1, perRun + 1: 2} {
		for range leases {
			must(t, sem.Acquire(t.Context(), 1))
		}
		c.take()
		sem.Release(leases)
		if counts, _ := c.take(); counts["give"] != want {
			t.Errorf("%d leases: %v, want %d runs", leases, counts, want)
		}
	}
	for range 3 {
		must(t, sem.Acquire(t.Context(), 4))
	}
	c.take()
	sem.Release(9)
	counts, _ := c.take()
	if st, err := s.Stats(t.Context()); err != nil || st.Held != 3 || counts["give"] != 1 {
		t.Errorf("after 9 of 12 permits: %+v, %v, %v", st, err, counts)
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

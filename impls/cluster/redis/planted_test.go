package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/internal/trial"
)

// A world is an engine on the shared server with faults that a scenario switches on, and perhaps a
// planted bug between the engine and the faults.
type world struct {
	*trial.World

	mu          sync.Mutex
	lose, delay bool          // the next take
	deaf        bool          // messages do not arrive
	run         chan struct{} // closed by Resume
	resumed     sync.Once
	ran         sync.WaitGroup  // the delayed take
	frozen      map[string]bool // members
	members     []string        // in the order of Open
}

var errNetwork = errors.New("the connection was cut")

func newWorld(t *testing.T, b bug) *world {
	w := &world{run: make(chan struct{}), frozen: map[string]bool{}}
	e := newEngine(t)
	w.World = trial.NewWorld(t, e, w)
	if b.old != "" {
		e.calls = callsOf(client(t, server), rewritten(t, b.old, b.new))
	}
	real := e.calls
	e.calls.run = func(ctx context.Context, c call) ([]string, error) {
		w.mu.Lock()
		if c.op == "join" {
			w.members = append(w.members, c.own)
		}
		frozen := w.frozen[c.own]
		lose, delay := c.op == "take" && w.lose, c.op == "take" && w.delay
		if c.op == "take" {
			w.lose, w.delay = false, false
		}
		w.mu.Unlock()
		switch {
		case delay:
			w.ran.Go(func() {
				<-w.run
				_, _ = real.run(context.Background(), c)
			})
			return nil, errNetwork
		case frozen && c.op == "leave":
			<-w.run
			ctx = context.WithoutCancel(ctx)
		case frozen:
			select {
			case <-w.run:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		words, err := real.run(ctx, c)
		if lose {
			return nil, errNetwork
		}
		return words, err
	}
	e.calls.listen = func(ctx context.Context, channel string, confirmed func(), message func(string)) error {
		return real.listen(ctx, channel, confirmed, func(text string) {
			w.mu.Lock()
			deaf := w.deaf
			w.mu.Unlock()
			if !deaf {
				message(text)
			}
		})
	}
	if b.plant != nil {
		b.plant(w, &e.calls)
	}
	return w
}

// rewritten returns the script with other text for a part that it has once.
func rewritten(t *testing.T, old, new string) string {
	t.Helper()
	if n := strings.Count(source, old); n != 1 {
		t.Fatalf("the script has %q %d times", old, n)
	}
	return strings.Replace(source, old, new, 1)
}

func (w *world) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

func (w *world) LoseTake()          { w.set(func() { w.lose = true }) }
func (w *world) DelayTake()         { w.set(func() { w.delay = true }) }
func (w *world) Freeze(session int) { w.set(func() { w.frozen[w.members[session]] = true }) }

func (w *world) Resume() {
	w.resumed.Do(func() { close(w.run) })
	w.ran.Wait()
}

func (w *world) DeleteHeld() error {
	return client(w.T, server).Del(context.Background(), keysOf(w.Name).requests()).Err()
}

// shared makes a scenario of package trial one of this package.
func shared(scenario func(*trial.World) error) func(*world) error {
	return func(w *world) error { return scenario(w.World) }
}

// lostMessage: the message that tells a waiter of its grant is lost. The next renewal finds the grant.
func lostMessage(w *world) error {
	a, b := w.Open(1, 30*time.Second), w.Open(1, 3*time.Second)
	l, err := trial.GrantedSoon(a, 1)
	if err != nil {
		return err
	}
	w.set(func() { w.deaf = true })
	result := make(chan error, 1)
	go func() { _, err := trial.GrantedSoon(b, 1); result <- err }()
	trial.WaitersAre(w.T, a, 1)
	return errors.Join(l.Release(context.Background()), <-result)
}

// brokenListener: the connection for messages breaks while a request waits, and the grant comes before
// the next connection is there. The sessions have a long TTL: no renewal helps.
func brokenListener(w *world) error {
	a, b := w.Open(1, 10*time.Minute), w.Open(1, 10*time.Minute)
	l, err := trial.GrantedSoon(a, 1)
	if err != nil {
		return err
	}
	result := make(chan error, 1)
	go func() { _, err := trial.GrantedSoon(b, 1); result <- err }()
	trial.WaitersAre(w.T, a, 1)
	c := client(w.T, server)
	channel := keysOf(w.Name).channel(w.members[1])
	for c.PubSubNumSub(w.T.Context(), channel).Val()[channel] == 0 {
		time.Sleep(time.Millisecond)
	}
	err = c.Do(w.T.Context(), "client", "kill", "type", "pubsub").Err()
	return errors.Join(err, l.Release(context.Background()), <-result)
}

// grown: a request that is larger than the size waits, and a Resize makes room for it.
func grown(w *world) error {
	a, b := w.Open(1, 30*time.Second), w.Open(1, 30*time.Second)
	result := make(chan error, 1)
	go func() { _, err := trial.GrantedSoon(b, 2); result <- err }()
	for c := client(w.T, server); c.HLen(w.T.Context(), keysOf(w.Name).requests()).Val() == 0; {
		time.Sleep(time.Millisecond)
	}
	return errors.Join(a.Resize(context.Background(), 4), <-result)
}

// A bug is planted into the script, by other text for a part of it, or into the requests.
type bug struct {
	name     string
	scenario func(*world) error
	old, new string
	plant    func(w *world, c *calls)
}

var bugs = []bug{
	{name: "no fence check", scenario: shared(trial.PausedHolder), plant: func(w *world, _ *calls) {
		w.Guard = func(*cluster.Guard, []cluster.Fence) error { return nil }
	}},
	{name: "fence that does not grow", scenario: shared(trial.PausedHolder),
		old: "S.fence = math.max(S.fence + 1, micros)", new: "S.fence = 1"},
	{name: "release without a look at the fence", scenario: giveToOther,
		old: "if kind ~= 'h' or a ~= fence then", new: "if kind ~= 'h' then"},
	{name: "messages alone tell of grants", scenario: lostMessage,
		old: "out[#out + 1] = kind == 'h'", new: "out[#out + 1] = false"},
	{name: "listener that does not look again", scenario: brokenListener, plant: func(_ *world, c *calls) {
		inner := c.listen
		c.listen = func(ctx context.Context, channel string, _ func(), message func(string)) error {
			return inner(ctx, channel, func() {}, message)
		}
	}},
	{name: "member that never expires", scenario: shared(trial.DeadHolder),
		old: "'ZRANGEBYSCORE', users, '-inf', int(now)", new: "'ZRANGEBYSCORE', users, '-inf', '-inf'"},
	{name: "permits of a dead member that stay", scenario: shared(trial.DeadHolder),
		old: "for _, id in ipairs(idsOf(member)) do drop(id) end", new: ""},
	{name: "repetition that takes again", scenario: shared(trial.LostAnswer),
		old: "if kind == 'h' then return 'HELD', a .. ' ' .. ranges(b) end\n  if kind then",
		new: "if kind == 'h' then id = id .. '0' elseif kind then"},
	{name: "gate that stays open", scenario: shared(trial.LateTake),
		old: "if current ~= gate then", new: "if false then"},
	{name: "newcomer passes the queue", scenario: shared(trial.Newcomer),
		old: "redis.call('ZCARD', queue) == 0 and S.used", new: "S.used"},
	{name: "queue that passes a large request", scenario: shared(trial.CancelledInTheMiddle),
		old: "local id = redis.call('ZRANGE', queue, 0, 0)[1]", new: "local id = redis.call('ZRANGE', queue, -1, -1)[1]"},
	{name: "resize that loses a waiter", scenario: grown,
		old: "if tonumber(n) <= S.size then", new: "if false then"},
	{name: "request larger than the size in the way", scenario: shared(trial.Shrunk),
		old: "if tonumber(n) > S.size then", new: "if false then"},
	{name: "two sessions with one ID", scenario: shared(trial.OneLeaves), plant: func(_ *world, c *calls) {
		inner := c.run
		first := ""
		var mu sync.Mutex
		c.run = func(ctx context.Context, q call) ([]string, error) {
			mu.Lock()
			defer mu.Unlock()
			if first == "" {
				first = q.own
			}
			q.own = first
			return inner(ctx, q)
		}
	}},
	{name: "take that does not look at what is held", scenario: shared(trial.StaleViews),
		old: "redis.call('ZCARD', queue) == 0 and S.used + tonumber(n) <= S.size", new: "redis.call('ZCARD', queue) == 0"},
	{name: "expired waiter that stays in the queue", scenario: shared(trial.ExpiredWaiter),
		old: "redis.call('HDEL', requests, id)\n", new: "if kind ~= 'h' then return true end redis.call('HDEL', requests, id)\n"},
}

// giveToOther: a member names a grant of its own with a fence that is not the grant's. It happens if an
// ID comes twice, as after a restart with a bad source of random numbers.
func giveToOther(w *world) error {
	s := w.Open(1, 30*time.Second)
	l, err := trial.GrantedSoon(s, 1)
	if err != nil {
		return err
	}
	id := w.members[0] + "-1"
	_, err = w.Engine.(*Engine).calls.run(context.Background(), call{keys: keysOf(w.Name), op: "give", own: w.members[0],
		args: []string{id, fmt.Sprint(l.Fences()[0].Revision - 1), ""}})
	return errors.Join(err, w.HeldIs(s, 1))
}

// TestPlantedBugs kills each bug by its scenario, and passes the right engine in all scenarios.
func TestPlantedBugs(t *testing.T) {
	needServer(t)
	for _, b := range bugs {
		t.Run("bug "+b.name, func(t *testing.T) {
			t.Parallel()
			err := b.scenario(newWorld(t, b))
			if err == nil {
				t.Fatal("the bug was not found")
			}
			t.Log("killed: ", err)
		})
	}
	right := map[string]func(*world) error{"lostMessage": lostMessage, "brokenListener": brokenListener,
		"giveToOther": giveToOther, "grown": grown}
	for name, scenario := range trial.Scenarios {
		right[name] = shared(scenario)
	}
	for name, scenario := range right {
		t.Run("right "+name, func(t *testing.T) {
			t.Parallel()
			must(t, scenario(newWorld(t, bug{})))
		})
	}
}

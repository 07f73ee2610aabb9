package schedrt_test

import (
	"fmt"
	"strings"
	"testing"
	real "time"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/time"
)

// A loop that reads a flag is passed over from its third look on, so its schedules have an end:
// the flag is set before the first, the second or the third look.
func TestSpinningLoopEnds(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		var flag word
		looks := 1
		schedrt.Go(func() { flag.store(1) })
		for flag.load() == 0 {
			looks++
		}
		fmt.Fprint(seen, looks)
	})
	schedtest.MustResult(t, got, map[string]int{"passed 1": 1, "passed 2": 1, "passed 3": 1})
}

// The same read in straight-line code is no loop: all 4 interleavings of 3 loads with a store
// count.
func TestRepeatedReadIsNoSpin(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(*strings.Builder) {
		var flag word
		schedrt.Go(func() { flag.store(1) })
		flag.load()
		flag.load()
		flag.load()
	})
	schedtest.MustResult(t, got, map[string]int{"passed": 4})
}

// A loop of failing compare-and-swaps spins, too.
func TestSwapLoopSpins(t *testing.T) {
	x := schedtest.PlayChoices(t, schedrt.Limits{Steps: 200}, nil, nil, func() {
		var lock word = 1
		schedrt.Go(func() { lock.store(0) })
		for !lock.cas(0, 1) {
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// Yielding in a loop that waits for another goroutine gives way to it.
func TestYieldLoopGivesWay(t *testing.T) {
	x := schedtest.PlayChoices(t, schedrt.Limits{Steps: 200}, nil, nil, func() {
		done := false
		schedrt.Go(func() { new(word).store(1); done = true })
		for !done {
			schedrt.Yield()
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// Two loops that wait for each other are a livelock.
func TestAllSpinIsALivelock(t *testing.T) {
	x := schedtest.PlayChoices(t, schedrt.Limits{Livelock: 50}, nil, nil, func() {
		var a, b word
		schedrt.Go(func() {
			for a.load() == 0 {
			}
			b.store(1)
		})
		for b.load() == 0 {
		}
		a.store(1)
	})
	schedtest.MustEnd(t, x, schedrt.Livelock)
}

// A goroutine that reads many objects takes time in proportion to the reads: the looks have an index. The
// reads are no loop in the first two sweeps, as each object is looked at twice; then they are one, until
// another goroutine changes one of the objects.
func TestManyLooks(t *testing.T) {
	const objects = 20_000 // a search among the looks for each would take 400 million comparisons a sweep
	rounds := 0
	x := schedtest.PlayChoices(t, schedrt.Limits{Steps: 100 * objects, LazyClock: true}, nil, nil, func() {
		words := make([]word, objects)
		rounds = 0
		schedrt.Go(func() {
			for range 5 {
				schedrt.Yield()
			}
			words[objects/2].store(1)
		})
		for found := false; !found; rounds++ {
			for i := range words {
				found = words[i].load() == 1 || found
			}
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if rounds < 3 || rounds > 5 {
		t.Errorf("%d rounds, want that the loop gives way after the second and ends soon after", rounds)
	}
}

// The index forgets with the looks: a goroutine that changes something begins anew, and is no spinner, how
// often it may read the same objects. More objects than are searched without an index.
func TestManyLooksBeginAnew(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(*strings.Builder) {
		var mine word
		words := make([]word, 40)
		for i := range 5 {
			for i := range words {
				words[i].load()
			}
			mine.store(int64(i))
		}
	})
	schedtest.MustResult(t, got, map[string]int{"passed": 1})
}

// A loop that reads the clock until some time has passed ends, and no timer fires before it is due. A loop
// that only counts what it reads lets no time pass that matters.
func TestLoopsOverTheClock(t *testing.T) {
	schedtest.SkipUnderRace(t)
	since := func(d real.Duration) func() {
		return func() {
			for start := time.Now(); time.Since(start) < d; {
			}
		}
	}
	for name, c := range map[string]struct {
		program func()
		timer   real.Duration
		fires   bool
	}{
		"10 ms":                      {since(10 * real.Millisecond), 0, false},
		"10 s":                       {since(10 * real.Second), 0, false},
		"10 ms before a timer":       {since(10 * real.Millisecond), real.Second, false},
		"10 s, with a timer in them": {since(10 * real.Second), real.Second, true},
		"counts": {func() {
			for range 5000 {
				time.Now()
			}
		}, real.Second, false},
	} {
		x := schedrt.New(schedrt.Limits{LazyClock: true})
		fired := false
		out := x.Play(goroutinesFirst{}, func() {
			if c.timer > 0 {
				defer time.AfterFunc(c.timer, func() { fired = true }).Stop()
			}
			c.program()
			if fired && !c.fires {
				schedrt.Fail("the timer fires early")
			}
		})
		if out.Kind != schedrt.Passed {
			t.Errorf("%s: %v %s", name, out.Kind, out.Message)
		}
		x.Close()
		if c.timer > 0 {
			continue // without the lazy clock it may fire at any moment
		}
		x = schedrt.New(schedrt.Limits{})
		if out := x.Play(goroutinesFirst{}, c.program); out.Kind != schedrt.Passed {
			t.Errorf("%s, with the eager clock: %v %s", name, out.Kind, out.Message)
		}
		x.Close()
	}
}

// A loop that looks at an object from several places in turn is a spinner, too.
func TestLoopOfSeveralPlacesSpins(t *testing.T) {
	for places, loop := range map[int]func(flag *word) bool{
		2: func(flag *word) bool { return flag.load()+flag.load() == 0 },
		3: func(flag *word) bool { return flag.load()+flag.load()+flag.load() == 0 },
	} {
		x := schedtest.PlayChoices(t, schedrt.Limits{Steps: 200}, nil, nil, func() {
			var flag word
			schedrt.Go(func() { flag.store(1) })
			for loop(&flag) {
			}
		})
		if x.Outcome.Kind != schedrt.Passed {
			t.Errorf("%d places: %v", places, x.Outcome.Kind)
		}
	}
}

// Time passes beside a goroutine that changes something in each round until a timer fires, with both
// clocks. A timer that is far away does not fire beside work that has an end.
func TestTimePassesBesideWork(t *testing.T) {
	for _, lazy := range []bool{false, true} {
		limits := schedrt.Limits{LazyClock: lazy, Steps: 20_000}
		x := schedtest.PlayChoices(t, limits, nil, nil, func() {
			var stop, n word
			schedrt.Go(func() {
				for stop.load() == 0 {
					n.store(n.load() + 1)
				}
			})
			time.Sleep(real.Millisecond)
			stop.store(1)
		})
		schedtest.MustEnd(t, x, schedrt.Passed)

		x = schedtest.PlayChoices(t, limits, nil, nil, func() {
			var n word
			defer time.AfterFunc(real.Minute, func() { schedrt.Fail("the timer fires early") }).Stop()
			for i := range 15_000 {
				n.store(int64(i))
			}
		})
		schedtest.MustEnd(t, x, schedrt.Passed)
	}
}

// A goroutine that sleeps and looks again for ever is a livelock, whether it reads, tries a lock, or takes
// one to read. It is none while a timer, a deadline or a counter may still end it. TestCountingIsNoLivelock has a
// local counter: functions of this package count as the engine, whose stack is not compared.
func TestPollsForEver(t *testing.T) {
	poll := func(done func() bool) {
		for !done() {
			time.Sleep(real.Millisecond)
		}
	}
	for name, c := range map[string]struct {
		program func()
		want    schedrt.Ending
	}{
		"reads": {func() { var flag word; poll(func() bool { return flag.load() == 1 }) }, schedrt.Livelock},
		"tries a lock": {func() {
			var mu schedrt.Mutex
			mu.Lock()
			poll(mu.TryLock)
		}, schedrt.Livelock},
		"reads under a lock": {func() {
			var mu schedrt.Mutex
			locked := func() bool { mu.Lock(); defer mu.Unlock(); return false }
			schedrt.Go(func() { poll(locked) })
			poll(locked)
		}, schedrt.Livelock},
		"two locks": {func() {
			var a, b schedrt.RWMutex
			//lint:ignore SA2001 the poll changes nothing, and so its rounds are alike
			poll(func() bool { a.RLock(); b.Lock(); b.Unlock(); a.RUnlock(); return false })
		}, schedrt.Livelock},
		"a timer in an hour": {func() {
			var flag word
			time.AfterFunc(real.Hour, func() { flag.store(1) })
			poll(func() bool { return flag.load() == 1 })
		}, schedrt.Endless},
		"a sleeper who wakes in an hour": {func() {
			var flag word
			schedrt.Go(func() { time.Sleep(real.Hour); flag.store(1) })
			poll(func() bool { return flag.load() == 1 })
		}, schedrt.Endless},
		"a ticker of a minute": {func() {
			var flag word
			c := time.NewTicker(real.Minute).C
			schedrt.Go(func() { schedrt.Recv(c); flag.store(1) })
			poll(func() bool { return flag.load() == 1 })
		}, schedrt.Endless},
		"a deadline": {func() {
			end := time.Now().Add(real.Hour)
			poll(func() bool { return time.Now().After(end) })
		}, schedrt.Endless},
		"a counter that is modelled": {func() {
			var n word
			poll(func() bool { n.store(n.load() + 1); return n.load() == 20_000 })
		}, schedrt.Endless},
		"comes to its end": {func() {
			n := 0
			poll(func() bool { n++; return n == 1000 })
		}, schedrt.Passed},
	} {
		x := schedtest.PlayChoices(t, schedrt.Limits{LazyClock: true, Steps: 20_000}, nil, nil, c.program)
		if x.Outcome.Kind != c.want {
			t.Errorf("%s: %v, want %v", name, x.Outcome.Kind, c.want)
		}
	}
}

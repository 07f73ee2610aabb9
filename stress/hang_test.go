package stress

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/semabench/semabench/impls"
)

// A clause that only works hangs. A clause that moves does not, and neither does a clause that waits for half
// of the patience without working. No time decides: on a busy machine the watchdog waits for the whole
// patience until it says that the first one hangs.
func TestHangs(t *testing.T) {
	const patience = 900 * time.Millisecond
	var ended atomic.Bool
	defer ended.Store(true)
	impl := impls.Impl{Name: "none", Waits: impls.Elsewhere}
	for _, c := range []struct {
		name  string
		hangs bool
		check func(*trial)
	}{
		{"waits", false, func(*trial) { time.Sleep(patience / 2) }}, // for nothing but time
		{"moves", false, func(t *trial) {
			for begun := time.Now(); time.Since(begun) < patience/2; {
				t.progress.Add(1)
			}
		}},
		{"works", true, func(*trial) {
			for !ended.Load() { // as a waiter does that looks at the permits for ever
			}
		}},
	} {
		before := playing.Load()
		err := play(impl, patience, c.check)
		if never := (hung{}); errors.As(err, &never) != c.hangs || !c.hangs && err != nil {
			t.Errorf("a clause that %s ended with %v", c.name, err)
		}
		// A clause that hangs goes on to use a processor. It counts as running, so that later ones get more time.
		if hangs := playing.Load() > before; hangs != c.hangs {
			t.Errorf("after a clause that %s, %d trials count as running, before it %d", c.name, playing.Load(), before)
		}
	}
}

// releasesOne panics in a Release of several permits, or forgets them.
type releasesOne struct {
	*semaphore.Weighted
	forgets bool
}

func (s releasesOne) Release(n int64) {
	switch {
	case n == 1:
		s.Weighted.Release(n)
	case !s.forgets:
		panic("one at a time")
	}
}

// A Release that gives nothing back ends the tries that wait for its permits, and the verdict says what it did.
// They would use a processor for ever.
func TestTriesEndWithTheRelease(t *testing.T) {
	for forgets, want := range map[bool]string{false: "one at a time", true: "TryAcquire(1) = false after Release(4)"} {
		before := playing.Load()
		impl := impls.Impl{
			Name: "releases one", Waits: impls.Elsewhere,
			New: func(size int64) impls.Semaphore { return releasesOne{semaphore.NewWeighted(size), forgets} },
		}
		err := play(impl, patience, triesDuringRelease)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the clause ended with %v, want %q", err, want)
		}
		if now := playing.Load(); now != before {
			t.Errorf("%d trials count as running, before it %d", now, before)
		}
	}
}

// Processor time is enough for a verdict only if each trial that runs may have used its share.
func TestWatch(t *testing.T) {
	for _, c := range []struct {
		trials int64
		burnt  time.Duration
		want   int // the look at which the clause hangs
	}{
		{1, 0, polls + 1},
		{1, time.Hour, polls/3 + 1},
		{2, time.Hour, polls/3 + 1},
		{1_000_000, time.Hour, polls + 1},
	} {
		playing.Add(c.trials)
		w := watch{patience: time.Minute, progress: new(atomic.Int64), before: -c.burnt}
		looks := 1
		for ; !w.hangs(); looks++ {
		}
		if looks != c.want {
			t.Errorf("%d trials, %v of processor time: hangs at look %d, want %d", c.trials, c.burnt, looks, c.want)
		}
		playing.Add(-c.trials)
	}
}

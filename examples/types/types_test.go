// Package types explores types of public modules with explore.Type. README.md says what it found.
package types

import (
	"testing"

	lru "github.com/hashicorp/golang-lru/v2"
	cmap "github.com/orcaman/concurrent-map/v2"
	"github.com/puzpuzpuz/xsync/v3"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"github.com/semabench/semabench/stress/explore"
)

func newCmap() cmap.ConcurrentMap[string, int] { return cmap.New[int]() }

func newMapOf() *xsync.MapOf[string, int] { return xsync.NewMapOf[string, int]() }

func newMPMC() *xsync.MPMCQueueOf[int] { return xsync.NewMPMCQueueOf[int](2) }

func newLimiter() *rate.Limiter { return rate.NewLimiter(1, 1) }

func newLRU() *lru.Cache[string, int] {
	c, err := lru.New[string, int](2)
	if err != nil {
		panic(err)
	}
	return c
}

func newWeighted() *semaphore.Weighted { return semaphore.NewWeighted(2) }

// mustFind explores one program, in which no sequential order explains a history.
func mustFind[T any](t *testing.T, newValue func() T, program string, options ...explore.TypeOption) {
	t.Helper()
	r := explore.CheckType(t, explore.Options{Scenario: program}, newValue, options...)
	if r.Text != "explored in another process" && r.Verdict != explore.Fail {
		t.Errorf("%s: %s", r.Verdict, r.Text)
	}
}

func TestCountOfShards(t *testing.T) {
	mustFind(t, newCmap, `Remove("b"); Set("a", 1) | Set("b", 1); Count()`)
}

func TestSizeAfterLoad(t *testing.T) { mustFind(t, newMapOf, `Load("a"); Size() | Store("a", 2)`) }

func TestTryEnqueue(t *testing.T) { mustFind(t, newMPMC, `TryEnqueue(2) | TryEnqueue(2)`) }

func TestWaitAndSetBurst(t *testing.T) {
	mustFind(t, newLimiter, `SetBurst(0) | Wait(context.Background())`)
}

// The tests below explore whole types, and fail if something is found.

func TestCache(t *testing.T)    { explore.Type(t, newLRU) }
func TestWeighted(t *testing.T) { explore.Type(t, newWeighted) }

func TestConcurrentMap(t *testing.T) { explore.Type(t, newCmap, explore.Without("Count")) }
func TestMapOf(t *testing.T)         { explore.Type(t, newMapOf, explore.Without("Size", "Stats")) }
func TestMPMCQueue(t *testing.T) {
	explore.Type(t, newMPMC, explore.Without("TryEnqueue", "TryDequeue"))
}

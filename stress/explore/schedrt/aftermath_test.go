package schedrt_test

import (
	"testing"
	real "time"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
	"github.com/semabench/semabench/stress/explore/shim/sync"
	"github.com/semabench/semabench/stress/explore/shim/time"
)

// daemons return the function of a goroutine that moves at each tick and changes something that no
// goroutine outside of these daemons reads.
var daemons = map[string]func() (daemon func()){
	"reads nothing": func() func() { return func() {} },
	"stores the time of its tick": func() func() {
		var last atomic.Int64
		tick := time.NewTicker(real.Second)
		return func() {
			for {
				last.Store(schedrt.Recv(tick.C).UnixNano())
			}
		}
	},
	"stores it under a lock": func() func() {
		var mu sync.Mutex
		var last real.Time
		return func() {
			for r := schedrt.RangeChannel(time.Tick(real.Second)); r.Next(); {
				mu.Lock()
				last = r.Value()
				mu.Unlock()
			}
			_ = last
		}
	},
	"counts its ticks": func() func() {
		var n atomic.Int64
		return func() {
			for r := schedrt.RangeChannel(time.Tick(real.Second)); r.Next(); {
				n.Add(1)
			}
		}
	},
	"stores new keys": func() func() {
		var m sync.Map
		return func() {
			for r := schedrt.RangeChannel(time.Tick(real.Second)); r.Next(); {
				m.Store(r.Value(), 1)
			}
		}
	},
	"passes its ticks on": func() func() {
		var last atomic.Int64
		ch := make(chan real.Time)
		return func() {
			schedrt.Go(func() {
				for r := schedrt.RangeChannel(ch); r.Next(); {
					last.Store(r.Value().UnixNano())
				}
			})
			for r := schedrt.RangeChannel(time.Tick(real.Second)); r.Next(); {
				schedrt.To(ch).Send(r.Value())
			}
		}
	},
	"starts a goroutine": func() func() {
		var n atomic.Int64
		return func() {
			for r := schedrt.RangeChannel(time.Tick(real.Second)); r.Next(); {
				schedrt.Go(func() { n.Add(1) })
			}
		}
	},
	"sets its timer anew": func() func() {
		var mu sync.Mutex
		var timer *time.Timer
		return func() {
			mu.Lock()
			timer = time.AfterFunc(real.Second, func() { mu.Lock(); timer.Reset(real.Second); mu.Unlock() })
			mu.Unlock()
		}
	},
}

// goroutinesFirst lets time pass when no goroutine can move.
type goroutinesFirst struct{}

func (goroutinesFirst) Pick(p *schedrt.Point) int {
	for i, g := range p.Enabled {
		if g.Op.Kind != schedrt.OpFire {
			return i
		}
	}
	return 0
}

func (goroutinesFirst) Choose(int) int { return 0 }

// playRounds plays one schedule. The bound on steps is also the bound on the timers that fire while
// goroutines wait beside daemons.
func playRounds(t *testing.T, steps int, program func()) schedrt.Ending {
	t.Helper()
	schedtest.SkipUnderRace(t)
	x := schedrt.New(schedrt.Limits{Steps: steps})
	defer x.Close()
	return x.Play(goroutinesFirst{}, program).Kind
}

// Steps of daemons among themselves do not hide a deadlock of other goroutines. A daemon alone is no leak.
func TestWaitsBesideDaemons(t *testing.T) {
	for name, daemon := range daemons {
		for _, c := range []struct {
			what    string
			program func()
			want    schedrt.Ending
		}{
			{"a deadlock", func() { schedrt.Go(daemon()); schedrt.Recv(make(chan int)) }, schedrt.Deadlock},
			{"a lock", func() { schedrt.Go(daemon()); var mu sync.Mutex; mu.Lock(); mu.Lock() }, schedrt.Deadlock},
			{"a leak", func() { schedrt.Go(daemon()); schedrt.Go(func() { schedrt.Recv(make(chan int)) }) }, schedrt.Leak},
			{"no other", func() { schedrt.Go(daemon()) }, schedrt.Passed},
		} {
			if got := playRounds(t, 1000, c.program); got != c.want {
				t.Errorf("a goroutine that %s, and %s: %v, want %v", name, c.what, got, c.want)
			}
		}
	}
}

// A daemon may let the others go on after many ticks, and a goroutine may wait for it meanwhile.
func TestDaemonThatLetsOthersGoOn(t *testing.T) {
	counts := func(done chan int) {
		var n atomic.Int64
		for r := schedrt.RangeChannel(time.Tick(real.Second)); r.Next(); {
			if n.Add(1) == 700 {
				schedrt.Close(done)
				return
			}
		}
	}
	until := func(done chan int) {
		var last atomic.Int64
		end := time.Now().Add(12 * real.Minute).UnixNano()
		for r := schedrt.RangeChannel(time.Tick(real.Second)); r.Next(); {
			if last.Store(r.Value().UnixNano()); last.Load() > end {
				schedrt.Close(done)
				return
			}
		}
	}
	for name, daemon := range map[string]func(done chan int){"counts": counts, "reads the time": until} {
		for what, program := range map[string]func(){
			"before the return": func() {
				done := make(chan int)
				schedrt.Go(func() { daemon(done) })
				schedrt.Recv(done)
			},
			"after the return": func() {
				done := make(chan int)
				schedrt.Go(func() { daemon(done) })
				schedrt.Go(func() { schedrt.Recv(done) })
			},
		} {
			if got := playRounds(t, 1000, program); got != schedrt.Passed {
				t.Errorf("a daemon that %s, %s: %v, want passed", name, what, got)
			}
		}
	}
}

// A goroutine that daemons have woken for a long time is a leak if none wakes it any more.
func TestEndOfADaemon(t *testing.T) {
	got := playRounds(t, 1000, func() {
		schedrt.Go(func() {
			for range 100 {
				time.Sleep(real.Second)
			}
			schedrt.Recv(make(chan int))
		})
	})
	if got != schedrt.Leak {
		t.Errorf("%v, want a leak", got)
	}
}

// A ticker that is too fast for the time of go test to pass has no known end.
func TestFastTickerBesideAWait(t *testing.T) {
	got := playRounds(t, 200, func() {
		var n atomic.Int64
		schedrt.Go(func() {
			for r := schedrt.RangeChannel(time.Tick(1)); r.Next(); {
				n.Add(1)
			}
		})
		schedrt.Recv(make(chan int))
	})
	if got != schedrt.Endless {
		t.Errorf("%v, want endless", got)
	}
}

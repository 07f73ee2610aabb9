package schedrt_test

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// MarkCall and MarkReturn are steps with a note, and return the number of the step.
func TestMarks(t *testing.T) {
	x := schedtest.PlayChoices(t, schedrt.Limits{Positions: true}, nil, nil, func() {
		if a, b := schedrt.MarkCall("f"), schedrt.MarkReturn("f = 1"); a != 1 || b != 2 {
			t.Errorf("steps %d and %d, want 1 and 2", a, b)
		}
		if n := schedrt.StepCount(); n != 2 {
			t.Errorf("StepCount = %d, want 2", n)
		}
	})
	if got := x.Trace.Places[0].Note + ", " + x.Trace.Places[1].Note; got != "f, f = 1" {
		t.Errorf("notes %q", got)
	}
	if len(x.Trace.Places[0].PCs) == 0 {
		t.Error("no position was recorded")
	}
}

// AwaitRest returns when the other goroutines are blocked or ended. Of two goroutines that wait for
// one phase, AwaitRest returns true to the first.
func TestAwaitRest(t *testing.T) {
	var seen []string
	x := schedtest.PlayScript(t, nil, func() {
		var mu byte
		mutex(&mu).Lock()
		schedrt.Go(func() { mutex(&mu).Lock(); seen = append(seen, "locked"); mutex(&mu).Unlock() })
		schedrt.Go(func() {
			first := schedrt.AwaitRest(1)
			seen = append(seen, fmt.Sprint("rest 1 ", first))
		})
		schedrt.Go(func() { new(word).store(1); seen = append(seen, "stored") })
		schedrt.AwaitRest(1)
		seen = append(seen, "rest 1")
		mutex(&mu).Unlock()
		schedrt.AwaitRest(2)
		seen = append(seen, "rest 2")
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if want := "[stored rest 1 locked rest 1 false rest 2]"; fmt.Sprint(seen) != want {
		t.Errorf("seen %v, want %s", seen, want)
	}
}

// A goroutine that spins does not keep others from their rest.
func TestAwaitRestBesideASpinner(t *testing.T) {
	x := schedtest.PlayChoices(t, schedrt.Limits{Steps: 1000}, nil, nil, func() {
		var flag word
		schedrt.Go(func() {
			for flag.load() == 0 {
			}
		})
		schedrt.AwaitRest(1)
		flag.store(1)
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

func TestGoroutineCounts(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		schedrt.MarkHarness()
		schedrt.Go(func() { schedrt.Recv(make(chan int)) })
		schedrt.AwaitRest(1)
		live, program := schedrt.LiveGoroutines(), schedrt.ProgramGoroutines()
		if live != 2 || program != 1 {
			t.Errorf("%d live goroutines, %d of the program; want 2 and 1", live, program)
		}
		if left := schedrt.FinishPassed(); left != 1 {
			t.Errorf("FinishPassed = %d, want 1", left)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// ObjectStates and GoroutineStates show the execution between two steps.
func TestStates(t *testing.T) {
	schedtest.SkipUnderRace(t)
	x := schedrt.New(schedrt.Limits{AskAlways: true, Positions: true})
	defer x.Close()
	w := &watcher{Script: schedtest.Script{T: t, Order: []int{1, 1, 1, 2, 1, 1}}, x: x}
	x.Play(w, func() {
		var mu, rw byte
		var v word
		c, wg := make(chan int, 2), &schedrt.WaitGroup{}
		schedrt.Go(func() {
			mutex(&mu).Lock()
			rwMutex(&rw).RLock()
			v.store(5)
			schedrt.To(c).Send(1)
			wg.Add(3)
			schedrt.Recv(make(chan int))
		})
		schedrt.Go(func() { new(word).store(1); mutex(&mu).Lock() })
	})
	objects := map[schedrt.Model]schedrt.ObjectState{}
	for _, o := range w.objects {
		if _, ok := objects[o.Model]; !ok || o.Version > 0 {
			objects[o.Model] = o
		}
	}
	m, r := objects[schedrt.ModelMutex], objects[schedrt.ModelRWMutex]
	c := objects[schedrt.ModelChannel]
	got := fmt.Sprint(m.Locked, m.Holder, " ", r.Locked, r.Count, " ", c.Count, c.Cap, " ",
		objects[schedrt.ModelWaitGroup].Count)
	if want := "true 1 false 1 1 2 3"; got != want {
		t.Errorf("mutex locked and holder, readers, channel, counter: %q, want %q", got, want)
	}
	var states []string
	for _, g := range w.goroutines {
		states = append(states, fmt.Sprintf("g%d %d", g.G, g.State))
	}
	want := fmt.Sprintf("[g0 %d g1 %d g2 %d]", schedrt.Ended, schedrt.Runnable, schedrt.Blocked)
	if fmt.Sprint(states) != want {
		t.Errorf("states %v, want %s", states, want)
	}
}

// watcher keeps what the states are before the last step.
type watcher struct {
	schedtest.Script
	x          *schedrt.Exec
	objects    []schedrt.ObjectState
	goroutines []schedrt.GoroutineState
}

func (w *watcher) Pick(p *schedrt.Point) int {
	w.objects, w.goroutines = w.x.ObjectStates(), w.x.GoroutineStates()
	return w.Script.Pick(p)
}

// Word reads as many bytes as the caller says.
func TestWordOfAnObject(t *testing.T) {
	schedtest.SkipUnderRace(t)
	x := schedrt.New(schedrt.Limits{})
	defer x.Close()
	v := uint64(0x1_0000_0102)
	x.Play(&schedtest.Script{T: t}, func() { schedrt.Load(unsafe.Pointer(&v)) })
	o := x.ObjectStates()[0]
	if o.Word(1) != 2 || o.Word(4) != 0x102 || o.Word(8) != v {
		t.Errorf("words %#x, %#x, %#x", o.Word(1), o.Word(4), o.Word(8))
	}
}

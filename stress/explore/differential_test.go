package explore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// outcomes are what came of the program of each seed, and whether that was all.
type outcomes struct {
	Seen     map[string]bool
	Complete bool
}

const (
	drawnPrograms = 200
	nativeRuns    = 100
	outcomesVar   = "SEMABENCH_DIFFERENTIAL"
)

// Whatever random programs do on Go's own channels, locks and timers, the explorer has to find. They
// run as they are in this process, and are exhausted in the instrumented one, which leaves a file.
func TestExplorerFindsWhatGoDoes(t *testing.T) {
	file := os.Getenv(outcomesVar)
	if file == "" {
		file = filepath.Join(t.TempDir(), "outcomes")
		t.Setenv(outcomesVar, file)
	}
	if os.Getenv("SEMABENCH_EXPLORE_NTH") != "" {
		leave(t, file)
	}
	explore.Check(t, explore.Options{Schedules: 1}, func(*explore.T) {}) // to get there
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var explored []outcomes
	if err := json.Unmarshal(text, &explored); err != nil {
		t.Fatal(err)
	}
	compared, seen, all := 0, 0, 0
	for seed, o := range explored {
		if !o.Complete {
			continue
		}
		compared++
		all += len(o.Seen)
		native := natively(uint64(seed))
		seen += len(native)
		for outcome := range native {
			if !o.Seen[outcome] {
				t.Errorf("program %d: %s\ncame to %q, which is none of the %d outcomes that were explored:\n%s", seed,
					draw(uint64(seed)), outcome, len(o.Seen), strings.Join(keys(o.Seen), "\n"))
			}
		}
	}
	t.Logf("%d programs: %d outcomes explored, %d of them seen in %d runs each", compared, all, seen, nativeRuns)
	if compared < drawnPrograms*6/10 || seen < compared {
		t.Errorf("%d of %d programs were exhausted, with %d outcomes seen: too few to tell", compared, drawnPrograms, seen)
	}
}

// leave writes down all outcomes of all programs. It is called in the instrumented process.
func leave(t *testing.T, file string) {
	x := schedrt.New(schedrt.Limits{AskAlways: true})
	defer x.Close()
	var all []outcomes
	for seed := range uint64(drawnPrograms) {
		all = append(all, exhaust(x, draw(seed)))
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func exhaust(x *schedrt.Exec, p randomProgram) outcomes {
	o := outcomes{Seen: map[string]bool{}}
	search := &strategy.DPOR{}
	for range 4000 {
		search.Begin(x)
		outcome := ""
		if out := x.Play(search, func() { outcome = p.run(func() {}) }); out.Kind == schedrt.Passed {
			o.Seen[outcome] = true
		}
		if !search.Done(x) {
			o.Complete = true
			break
		}
	}
	return o
}

// natively runs a program under Go's own scheduler. What waits for ever says nothing.
func natively(seed uint64) map[string]bool {
	p := draw(seed)
	seen := map[string]bool{}
	r := rand.New(rand.NewPCG(seed, 9))
	stuck := 0
	for range nativeRuns {
		salt := r.Uint64()
		var calls atomic.Uint64
		hesitate := func() {
			switch (salt >> (calls.Add(1) % 32)) % 4 {
			case 0:
				runtime.Gosched()
			case 1:
				time.Sleep(time.Microsecond)
			}
		}
		done := make(chan string, 1)
		go func() { done <- p.run(hesitate) }()
		select {
		case outcome := <-done:
			seen[outcome] = true
		case <-time.After(10 * time.Millisecond): // slow or stuck: no outcome, in no way a wrong one
			if stuck++; stuck == 3 {
				return seen
			}
		}
	}
	return seen
}

func keys(m map[string]bool) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	return all
}

// A randomProgram is for each of its goroutines which deeds it does.
type randomProgram [][]int

func (p randomProgram) String() string { return fmt.Sprint([][]int(p)) }

// draw returns the program of a seed. Its deeds are of two families, so that they meet.
func draw(seed uint64) randomProgram {
	r := rand.New(rand.NewPCG(seed, 5))
	families := [2][]deed{deeds[r.IntN(len(deeds))], deeds[r.IntN(len(deeds))]}
	p := make(randomProgram, 2+r.IntN(2))
	for i := range p {
		for range 1 + r.IntN(5-len(p)) {
			f := r.IntN(2)
			p[i] = append(p[i], number(families[f], r.IntN(len(families[f]))))
		}
	}
	return p
}

// number is the place of a deed among all.
func number(family []deed, nth int) int {
	before := 0
	for _, f := range deeds {
		if &f[0] == &family[0] {
			break
		}
		before += len(f)
	}
	return before + nth
}

func numbered(n int) deed {
	for _, f := range deeds {
		if n < len(f) {
			return f[n]
		}
		n -= len(f)
	}
	panic("no such deed")
}

// run returns what each goroutine has seen.
func (p randomProgram) run(hesitate func()) string {
	s := newScene()
	logs := make([]string, len(p))
	var all sync.WaitGroup
	for i, plan := range p {
		all.Add(1)
		go func() {
			defer all.Done()
			for _, n := range plan {
				hesitate()
				logs[i] += fmt.Sprint(numbered(n)(s, i), " ")
			}
		}()
	}
	all.Wait()
	s.cancelChild()
	s.cancel(nil)
	return strings.Join(logs, "| ")
}

// A scene is what a random program is on.
type scene struct {
	mu, try     sync.Mutex
	rw          sync.RWMutex
	n, m        int
	ready       bool
	word        atomic.Int64
	value       atomic.Value
	once        sync.Once
	first       int
	cond        *sync.Cond
	group       sync.WaitGroup
	meet        chan int
	box         chan int
	none        chan int
	shut        chan struct{}
	shutter     sync.Once
	things      sync.Map
	ctx         context.Context
	cancel      context.CancelCauseFunc
	child       context.Context
	cancelChild context.CancelFunc
	called      atomic.Int64
	stop        [2]func() bool
}

func newScene() *scene {
	s := &scene{meet: make(chan int), box: make(chan int, 1), shut: make(chan struct{})}
	s.cond = sync.NewCond(&s.mu)
	s.group.Add(1)
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.child, s.cancelChild = context.WithTimeout(s.ctx, time.Hour)
	for i := range s.stop {
		s.stop[i] = context.AfterFunc(s.child, func() { s.called.Add(1) })
	}
	return s
}

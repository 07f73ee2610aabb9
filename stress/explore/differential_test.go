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

// outcomes are the outcomes of one program in all schedules that were played.
type outcomes struct {
	Seen     map[string]bool
	Complete bool // all schedules were played
}

const (
	nativeRuns  = 100 // of each program
	outcomesVar = "SEMABENCH_DIFFERENTIAL"
)

// TestExplorerFindsWhatGoDoes runs random programs on Go's own channels, locks and timers. The
// explorer must find every outcome that occurs there. The programs run natively in this process;
// the player process explores them completely and writes the outcomes to a file.
func TestExplorerFindsWhatGoDoes(t *testing.T) {
	file := os.Getenv(outcomesVar)
	if file == "" {
		file = filepath.Join(t.TempDir(), "outcomes")
		t.Setenv(outcomesVar, file)
	}
	programs := longOr(t, "random programs", 200, 30)
	if isPlayer() {
		writeOutcomes(t, file, programs)
	}
	explore.Check(t, explore.Options{Schedules: 1},
		func(*explore.T) {}) // starts the player process
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
				t.Errorf(
					"program %d: %s\nhas the outcome %q, none of the %d that were explored:\n%s",
					seed,
					draw(uint64(seed)),
					outcome,
					len(o.Seen),
					strings.Join(keys(o.Seen), "\n"),
				)
			}
		}
	}
	t.Logf("%d programs: %d outcomes explored, %d of them seen in %d runs each", compared, all,
		seen, nativeRuns)
	if compared < programs*6/10 || seen < compared {
		t.Errorf(
			"%d of %d programs were explored completely, with %d outcomes seen: too few to compare",
			compared,
			programs,
			seen,
		)
	}
}

// writeOutcomes writes the outcomes of all programs to a file. It is called in the player process.
func writeOutcomes(t *testing.T, file string, programs int) {
	x := schedrt.New(schedrt.Limits{AskAlways: true})
	defer x.Close()
	var all []outcomes
	for seed := range uint64(programs) {
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
		out := x.Play(search, func() { outcome = p.run(func() {}) })
		if out.Kind == schedrt.Passed {
			o.Seen[outcome] = true
		}
		if !search.Done(x) {
			o.Complete = true
			break
		}
	}
	return o
}

// natively returns the outcomes of a program under Go's own scheduler. Runs that take long have
// none, because they may wait for ever.
func natively(seed uint64) map[string]bool {
	p := draw(seed)
	seen := map[string]bool{}
	r := rand.New(rand.NewPCG(seed, 9))
	stuck := 0
	for range nativeRuns {
		salt := r.Uint64()
		var calls atomic.Uint64
		perturb := func() {
			switch (salt >> (calls.Add(1) % 32)) % 4 {
			case 0:
				runtime.Gosched()
			case 1:
				time.Sleep(time.Microsecond)
			}
		}
		done := make(chan string, 1)
		go func() { done <- p.run(perturb) }()
		select {
		case outcome := <-done:
			seen[outcome] = true
		case <-time.After(10 * time.Millisecond): // slow or blocked: neither outcome nor failure
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

// A randomProgram lists for each of its goroutines the numbers of the operations that it performs.
type randomProgram [][]int

func (p randomProgram) String() string { return fmt.Sprint([][]int(p)) }

// draw returns the program of a seed. Its operations are of two families, so that goroutines use
// the same objects.
func draw(seed uint64) randomProgram {
	r := rand.New(rand.NewPCG(seed, 5))
	families := [2][]operation{
		operations[r.IntN(len(operations))],
		operations[r.IntN(len(operations))],
	}
	p := make(randomProgram, 2+r.IntN(2))
	for i := range p {
		for range 1 + r.IntN(5-len(p)) {
			f := r.IntN(2)
			p[i] = append(p[i], number(families[f], r.IntN(len(families[f]))))
		}
	}
	return p
}

// number returns the index of an operation among all.
func number(family []operation, nth int) int {
	before := 0
	for _, f := range operations {
		if &f[0] == &family[0] {
			break
		}
		before += len(f)
	}
	return before + nth
}

func numbered(n int) operation {
	for _, f := range operations {
		if n < len(f) {
			return f[n]
		}
		n -= len(f)
	}
	panic("no such operation")
}

// run performs the program, and returns the results of each goroutine. It calls perturb before each
// operation.
func (p randomProgram) run(perturb func()) string {
	s := newObjects()
	logs := make([]string, len(p))
	var all sync.WaitGroup
	for i, numbers := range p {
		all.Add(1)
		go func() {
			defer all.Done()
			for _, n := range numbers {
				perturb()
				logs[i] += fmt.Sprint(numbered(n)(s, i), " ")
			}
		}()
	}
	all.Wait()
	s.cancelChild()
	s.cancel(nil)
	return strings.Join(logs, "| ")
}

// The objects of a random program.
type objects struct {
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
	unbuffered  chan int
	buffered    chan int
	nilChan     chan int
	closed      chan struct{}
	closeOnce   sync.Once
	entries     sync.Map
	ctx         context.Context
	cancel      context.CancelCauseFunc
	child       context.Context
	cancelChild context.CancelFunc
	called      atomic.Int64
	stop        [2]func() bool
}

func newObjects() *objects {
	s := &objects{
		unbuffered: make(chan int),
		buffered:   make(chan int, 1),
		closed:     make(chan struct{}),
	}
	s.cond = sync.NewCond(&s.mu)
	s.group.Add(1)
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.child, s.cancelChild = context.WithTimeout(s.ctx, time.Hour)
	for i := range s.stop {
		s.stop[i] = context.AfterFunc(s.child, func() { s.called.Add(1) })
	}
	return s
}

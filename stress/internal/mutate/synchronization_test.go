package mutate_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/internal/mutate"
)

// Each operator makes these changes in these bodies. The bodies without a change look alike and are no
// synchronization: the types decide, not the names.
var synchronization = []struct {
	name, imports, body string
	want                []string
}{
	{"lock-scope", "sync", `
		var mu sync.Mutex
		mu.Lock()
		defer mu.Unlock()
		shared = 1
		shared = 2`, []string{
		"-mu.Lock()  defer mu.Unlock() -shared = 1 +shared = 1; mu.Lock()",
	}},
	{"lock", "sync", `
		var mu sync.Mutex
		mu.Lock()
		shared++
		mu.Unlock()
		own{}.Lock()
		own{}.Unlock()`, []string{
		"-var mu sync.Mutex -mu.Lock() +var mu sync.Mutex; _ = mu  shared++ -mu.Unlock()",
	}},
	{"rlock", "sync", `
		var mu sync.RWMutex
		mu.Lock()
		shared++
		mu.Unlock()`, []string{
		"-mu.Lock() +mu.RLock()  shared++ -mu.Unlock() +mu.RUnlock()",
	}},
	{"wait-loop", "sync sync/atomic", `
		c := sync.NewCond(&sync.Mutex{})
		for shared > 0 {
			c.Wait()
		}
		var n atomic.Int64
		for {
			old := n.Load()
			if n.CompareAndSwap(old, old+1) {
				break
			}
		}
		for !stop() {
			for range 2 {
				n.CompareAndSwap(1, 2)
			}
		}
		for shared > 0 {
			work()
		}`, []string{
		"-for shared > 0 { +if shared > 0 {",
		"-} +; break; }",
	}},
	{"wake", "sync", `
		c := sync.NewCond(&sync.Mutex{})
		c.Signal()
		c.Broadcast()
		own{}.Signal()`, []string{
		"-c.Signal() +c.Broadcast()",
		"-c.Broadcast() +c.Signal()",
	}},
	{"plain", "sync/atomic", `
		var n int64
		atomic.StoreInt64(&n, 7)
		var b atomic.Bool
		b.Load()`, []string{
		"-atomic.StoreInt64(&n, 7) +func(p *int64, v int64) { *p = v }(&n, 7)",
		"-var b atomic.Bool +var b mutatedBool",
	}},
	{"torn", "sync sync/atomic", `
		var n int64
		atomic.AddInt64(&n, 7)
		var m sync.Map
		m.LoadOrStore(1, 2)
		m.Load(1)`, []string{
		"-atomic.AddInt64(&n, 7) +func(p *int64, d int64) int64 { v := atomic.LoadInt64(p) + d; atomic.StoreInt64(p, v); return v }(&n, 7)",
		"-m.LoadOrStore(1, 2) +func(k, v any) (any, bool) { if old, ok := m.Load(k); ok { return old, true }; m.Store(k, v); return v, false }(1, 2)",
	}},
	{"select", "", `
		c := make(chan int)
		select {
		case c <- 1:
		case <-c:
			work()
		}
		switch shared {
		case 1:
			work()
		}`, []string{
		"-case c <- 1:",
		"-case <-c: -work()",
	}},
	{"defer", "sync", `
		var wg sync.WaitGroup
		defer wg.Done()
		c := make(chan int)
		defer func() {
			for range 2 {
				<-c
			}
		}()
		defer work()
		defer func() { go func() { <-c }() }()`, []string{
		"-var wg sync.WaitGroup -defer wg.Done() +var wg sync.WaitGroup; _ = wg",
		"-defer wg.Done() +wg.Done()",
		"-defer func() { -for range 2 { -<-c -} -}()",
		"-defer func() { +func() {",
	}},
	{"go", "", `
		go work()
		work()`, []string{"-go work() +work()"}},
	{"once", "sync", `
		var o sync.Once
		o.Do(work)
		o.Do(func() { shared++ })
		own{}.Do(work)`, []string{
		"-o.Do(work) +(work)()",
		"-o.Do(func() { shared++ }) +(func() { shared++ })()",
	}},
	{"group", "sync", `
		var wg, other sync.WaitGroup
		wg.Add(1)
		go func() {
			defer wg.Done()
			work()
		}()
		other.Go(work)
		other.Wait()`, []string{
		"-var wg, other sync.WaitGroup -wg.Add(1) +var wg, other sync.WaitGroup; _ = wg +func() {}()  go func() { -defer wg.Done() +defer func() {}()",
		"-other.Go(work) +go (work)()",
	}},
	{"capacity", "", `
		a := make(chan int)
		b := make(chan int, 3)
		c := make([]int, 3)
		_, _, _ = a, b, c`, []string{
		"-a := make(chan int) +a := make(chan int, 1)",
		"-b := make(chan int, 3) +b := make(chan int)",
	}},
	{"twice", "", `
		c := make(chan int)
		close(c)
		close := func(chan int) {}
		close(c)`, []string{"-close(c) +close(c); close(c)"}},
	{"cancel", "context", `
		ctx, stop := context.WithCancel(context.Background())
		stop()
		undo := func() {}
		undo()
		_ = ctx`, []string{"-ctx, stop := context.WithCancel(context.Background()) -stop() +ctx, stop := context.WithCancel(context.Background()); _ = stop"}},
	{"drop", "sync", `
		c := sync.NewCond(&sync.Mutex{})
		c.Signal()
		ch := make(chan int, 1)
		ch <- 1
		<-ch
		work()
		own{}.Signal()`, []string{
		"-c := sync.NewCond(&sync.Mutex{}) -c.Signal() +c := sync.NewCond(&sync.Mutex{}); _ = c", "-ch <- 1", "-<-ch",
	}},
}

// own has methods whose names mean nothing.
const own = `
type own struct{}

func (own) Lock()       {}
func (own) Unlock()     {}
func (own) Signal()     {}
func (own) Do(f func()) {}
`

func TestSynchronizationOperators(t *testing.T) {
	tested := map[string]bool{}
	for _, test := range synchronization {
		tested[test.name] = true
		t.Run(test.name, func(t *testing.T) {
			header := ""
			for _, path := range strings.Fields(test.imports) {
				header += fmt.Sprintf("import %q\n", path)
			}
			all, _, err := mutate.Synchronization(mutate.Source{
				Files: map[string]string{"p.go": fmt.Sprintf(frame, header, test.body) + own}, Importer: standard,
			})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range all {
				if m.Operator == test.name {
					got = append(got, oneLine(m))
				}
				if strings.Contains(m.Diff(), "-own{}") {
					t.Errorf("changes a type of its own: %s", oneLine(m))
				}
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(test.want))
			if !slices.Equal(got, want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(mutate.SynchronizationOperators())) {
		if !tested[name] {
			t.Errorf("operator %s has no test", name)
		}
	}
}

// A change that does not compile is counted, and is no mutant.
func TestBroken(t *testing.T) {
	text := "package p\nfunc f(c chan int) int {\n\tselect {\n\tcase <-c:\n\t\treturn 1\n\tcase c <- 1:\n\t\treturn 2\n\t}\n}\n" +
		"func g() (int, error) { var once interface{ Do(func()) }; _ = once; go g(); return 0, nil }"
	all, broken, err := mutate.Synchronization(mutate.Source{Files: map[string]string{"p.go": text}, Importer: standard})
	if err != nil || broken != 0 || len(all) != 3 {
		t.Errorf("%d mutants, %d broken, %v; want 3, 0", len(all), broken, err)
	}
	text = "package p\nimport \"sync/atomic\"\nvar n atomic.Int64\nfunc f() { n.And(1) }"
	all, broken, err = mutate.Synchronization(mutate.Source{Files: map[string]string{"p.go": text}, Importer: standard})
	if err != nil || broken != 1 || len(all) != 0 {
		t.Errorf("%d mutants, %d broken, %v; want 0, 1: no plain type has And", len(all), broken, err)
	}
}

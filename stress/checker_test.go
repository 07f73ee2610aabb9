package stress

import (
	"context"
	"errors"
	"log"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/internal/race"
)

// A bad semaphore calls a function of the test in TryAcquire.
type bad struct {
	impls.Semaphore
	try func() bool
}

func (b bad) TryAcquire(int64) bool { return b.try() }

func badImpl(try func() bool) impls.Impl {
	return impls.Impl{Name: "bad", New: func(size int64) impls.Semaphore {
		return bad{impls.All()[0].New(size), try}
	}}
}

// An implementation that panics, parks or hangs fails its clause with an explanation, and the suite
// goes on.
func TestMisbehaviourStaysInside(t *testing.T) {
	whole := patience
	defer func() { patience = whole }()
	var mu sync.Mutex
	mu.Lock()
	for name, test := range map[string]struct {
		try  func() bool
		want []string
	}{
		"panics": {func() bool { panic("out of permits") }, []string{"panic: out of permits", "checker_test.go"}},
		"parks":  {func() bool { select {} }, []string{"deadlock", "TryAcquire"}},
		"locks":  {func() bool { mu.Lock(); return false }, []string{"nothing moved for", "TryAcquire", "Impl.Waits"}},
	} {
		patience = whole
		if name == "locks" {
			patience = 300 * time.Millisecond // it hangs for ever, so any value works
		}
		v := newChecker(badImpl(test.try)).check(clauseNamed("C3"))
		if v.Outcome != Fail {
			t.Errorf("%s: %v, want a failure", name, v)
		}
		for _, want := range test.want {
			if !strings.Contains(v.Detail, want) {
				t.Errorf("%s: no %q in\n%v", name, want, v)
			}
		}
	}
	mu.Unlock() // ends the goroutine that the suite gave up
	patience = whole
	if v := newChecker(impls.All()[0]).check(clauseNamed("C3")); v.Outcome != Pass {
		t.Errorf("after all that, %v", v)
	}
}

// A call that ends its goroutine has not returned. No clause that it ends counts as passed, and no
// clause loses the process.
func TestGoexit(t *testing.T) {
	for _, waits := range []impls.Waits{impls.Parked, impls.Elsewhere} {
		for _, id := range []string{"C3", "C4", "C24", "R1"} {
			impl := badImpl(func() bool { runtime.Goexit(); return false })
			impl.Waits = waits
			v := newChecker(impl).check(clauseNamed(id))
			if v.Outcome != Fail || !strings.Contains(v.Detail, "runtime.Goexit") {
				t.Errorf("%v waiters: %v, want a failure that names runtime.Goexit", waits, v)
			}
		}
	}
	k := newChecker(impls.Of("leaves", func(size int64) leaving { return leaving{impls.All()[0].New(size)} }))
	v := k.check(clauseNamed("C1"))
	if v.Outcome != Fail || !strings.Contains(v.Detail, "runtime.Goexit") {
		t.Errorf("%v, want a failure that names runtime.Goexit", v)
	}
}

// An implementation that ends the process does not hide which clause did it, nor which clauses had
// failed before.
func TestEndOfProcess(t *testing.T) {
	// Without the go command: then nothing but this package refuses os.Exit(0).
	const fatalVar = "STRESS_TEST_FATAL"
	ends := map[string]func(){
		"exit":  func() { os.Exit(3) },
		"pass":  func() { go os.Exit(0); select {} },
		"fatal": func() { log.Fatal("no permits") },
		"panic": func() { go panic("elsewhere"); select {} },
	}
	if end := ends[os.Getenv(fatalVar)]; end != nil {
		Run(t, fatalImpl(end))
		return
	}
	for name := range ends {
		cmd := exec.Command(os.Args[0], "-test.run=^TestEndOfProcess$/^(C2|C3)-")
		cmd.Env = append(os.Environ(), fatalVar+"="+name)
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Errorf("%s: the process ended with success\n%s", name, out)
		}
		for _, want := range []string{
			"fatal: C3 failed-try",
			"fatal: FAIL: C2 conservation",
		} {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: no %q in\n%s", name, want, out)
			}
		}
	}
}

// fatalImpl fails C2, since a semaphore of size 0 grants a permit, and ends the process in C3.
func fatalImpl(end func()) impls.Impl {
	return impls.Impl{Name: "fatal", New: func(size int64) impls.Semaphore {
		try := func() bool { return true }
		if size == 3 {
			try = func() bool { end(); return false }
		}
		return bad{impls.All()[0].New(size), try}
	}}
}

// A leaving semaphore ends the goroutine that calls Acquire, after it took the permits.
type leaving struct{ impls.Semaphore }

func (l leaving) Acquire(ctx context.Context, n int64) error {
	if err := l.Semaphore.Acquire(ctx, n); err != nil {
		return err
	}
	runtime.Goexit()
	return nil
}

func TestUnusableImplementations(t *testing.T) {
	construct := func(f func() impls.Semaphore) func(int64) impls.Semaphore {
		return func(int64) impls.Semaphore { return f() }
	}
	for want, impl := range map[string]impls.Impl{
		"has no constructor":  {Name: "none"},
		`name "two words"`:    {Name: "two words", New: impls.All()[0].New},
		"panicked: no":        {Name: "panics", New: construct(func() impls.Semaphore { panic("no") })},
		"returned nil":        {Name: "nil", New: construct(func() impls.Semaphore { return nil })},
		"returned a nil *str": {Name: "typednil", New: construct(func() impls.Semaphore { return (*bad)(nil) })},
	} {
		err := Check(impl)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "C0") {
			t.Errorf("Check(%s) = %v, want an error with C0 and %q", impl.Name, err, want)
		}
	}
}

// Unknown is neither a failure nor a pass, and the detail says what was missing.
func TestUnknown(t *testing.T) {
	barging := impls.All()[0]
	v := newChecker(barging).check(clauseNamed("C27"))
	if v.Outcome != Unknown || !strings.Contains(v.Detail, "Impl.Order is barging") {
		t.Errorf("order of a barging implementation: %v, want unknown", v)
	}
	v = newChecker(barging).check(clauseNamed("C29"))
	if want := map[bool]Outcome{true: Pass, false: Unknown}[race.Enabled]; v.Outcome != want {
		t.Errorf("happens-before with race detector %v: %v, want %v", race.Enabled, v, want)
	}
}

// A seed determines the program, and the flag -stress.seed runs it.
func TestSeedReplays(t *testing.T) {
	if a, b := programText(wide.generate(42)), programText(wide.generate(42)); a != b {
		t.Errorf("seed 42 gives two programs:\n%s%s", a, b)
	}
	defer func(seed uint64, ops int64) { *seedFlag, *opsFlag = seed, ops }(*seedFlag, *opsFlag)
	*opsFlag = 2000
	loses := impls.Impl{Name: "loses", New: func(size int64) impls.Semaphore {
		return lossy{impls.All()[0].New(size)}
	}}
	first := newChecker(loses).check(clauseNamed("R1"))
	if first.Outcome != Fail || first.Seed == 0 {
		t.Fatalf("%v with seed %d, want a failure with its seed", first, first.Seed)
	}
	*seedFlag = first.Seed
	again := newChecker(loses).check(clauseNamed("R1"))
	if again.Outcome != Fail || again.Seed != first.Seed {
		t.Errorf("replay of seed %d: %v with seed %d", first.Seed, again, again.Seed)
	}
	*seedFlag, *opsFlag = 0, 0
	if v := newChecker(impls.All()[0]).check(clauseNamed("R1")); v.Outcome != Fail || !strings.Contains(v.Detail, "-stress.ops=0") {
		t.Errorf("-stress.ops=0: %v, want it to be refused", v)
	}
}

// A lossy semaphore takes a permit after each cancelled Acquire and never returns it.
type lossy struct{ impls.Semaphore }

func (l lossy) Acquire(ctx context.Context, n int64) error {
	err := l.Semaphore.Acquire(ctx, n)
	if err != nil {
		l.Semaphore.TryAcquire(1)
	}
	return err
}

func TestEveryClauseHasItsOwnID(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Clauses() {
		if seen[c.ID] || seen[c.Name] || c.Text == "" {
			t.Errorf("%+v: ID or name is taken, or it has no text", c)
		}
		seen[c.ID], seen[c.Name] = true, true
	}
}

// A managed semaphore has its own goroutine, like an implementation that keeps its state in one.
type managed struct {
	impls.Semaphore
	quit chan struct{}
}

func newManaged(size int64) managed {
	m := managed{impls.All()[0].New(size), make(chan struct{})}
	go func() { <-m.quit }()
	return m
}

type closable struct{ managed }

func (c closable) Close() error {
	close(c.quit)
	return nil
}

// A goroutine that New starts is no leak if Close ends it, or if Impl.Waits declares it.
func TestGoroutineOfNew(t *testing.T) {
	c := clauseNamed("C3")
	left := impls.Of("left", newManaged)
	v := newChecker(left).check(c)
	if v.Outcome != Fail || !strings.Contains(v.Detail, "a method Close") {
		t.Errorf("%v, want a failure that names Close", v)
	}
	left.Waits = impls.Elsewhere
	if v := newChecker(left).check(c); v.Outcome != Pass {
		t.Errorf("declared: %v", v)
	}
	closed := impls.Of("closed", func(size int64) closable { return closable{newManaged(size)} })
	if v := newChecker(closed).check(c); v.Outcome != Pass {
		t.Errorf("with Close: %v", v)
	}
}

// C31 does not count what other tests of the process allocate and start meanwhile.
func TestNeighboursAreNotCounted(t *testing.T) {
	longtest.NeedCI(t, "TestGoroutineOfNew")
	stop := make(chan struct{})
	var neighbour sync.WaitGroup
	// C31 fails at a hundred. The profile of goroutines costs the check time for each of them.
	most := longtest.Or(t, "goroutines of a neighbour", 20_000, 2_000)
	neighbour.Go(func() {
		var retained []*[4]int
		for range most {
			select {
			case <-stop:
			default:
				retained = append(retained, new([4]int))
				neighbour.Go(func() { <-stop })
				time.Sleep(time.Second / time.Duration(most)) // paces the neighbour; no assertion depends on it
			}
		}
		<-stop
		runtime.KeepAlive(retained)
	})
	rounds := longtest.Or(t, "checks beside a busy neighbour", 5, 1)
	for _, waits := range []impls.Waits{impls.Parked, impls.Elsewhere} {
		cond := impls.All()[0]
		cond.Waits = waits
		for range rounds {
			if v := newChecker(cond).check(clauseNamed("C31")); v.Outcome != Pass {
				t.Errorf("%v beside a busy neighbour: %v", waits, v)
			}
		}
	}
	close(stop)
	neighbour.Wait()
}

// Several suites at once do not count the goroutines and objects of one another, and restore the
// rate of the heap profile.
func TestSuitesInParallel(t *testing.T) {
	longtest.NeedCI(t, "TestImplementations, where one suite at a time checks C31")
	rate := runtime.MemProfileRate
	t.Run("suites", func(t *testing.T) {
		rounds := longtest.Or(t, "checks of each suite", 5, 2)
		for range 4 {
			t.Run("C31", func(t *testing.T) {
				t.Parallel()
				for range rounds {
					if v := newChecker(impls.All()[1]).check(clauseNamed("C31")); v.Outcome != Pass {
						t.Error(v)
					}
				}
			})
		}
	})
	if runtime.MemProfileRate != rate {
		t.Errorf("runtime.MemProfileRate is %d, was %d", runtime.MemProfileRate, rate)
	}
}

// Two checks of C38, and a trial that was given up and still runs, leave GOMAXPROCS as it was. The second check
// begins while the first has changed the number, and ends last. With the lock it begins after the first, which
// looks for it in vain.
func TestProcessorsAreSetBack(t *testing.T) {
	was := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(was)
	begin, isOver := make(chan bool), make(chan bool)
	var begins sync.Once
	var second atomic.Bool // it has made a semaphore
	check := func(meet func()) {
		impl := impls.All()[1]
		construct := impl.New
		impl.New = func(size int64) impls.Semaphore {
			meet()
			return construct(size)
		}
		if v := newChecker(impl).check(clauseNamed("C38")); v.Outcome != Pass {
			t.Error(v)
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(isOver)
		check(func() {
			if runtime.GOMAXPROCS(0) == was {
				return
			}
			begins.Do(func() { close(begin) })
			for looks := 0; looks < 10_000 && !second.Load(); looks++ {
				runtime.Gosched()
			}
		})
	})
	wg.Go(func() {
		<-begin
		check(func() { second.Store(true); <-isOver })
	})
	wg.Wait()
	if now := runtime.GOMAXPROCS(0); now != was {
		t.Errorf("after two checks GOMAXPROCS is %d, was %d", now, was)
	}
	runtime.GOMAXPROCS(was)
	p := &processors{was: was}
	p.set(was + 1)
	if now := runtime.GOMAXPROCS(0); now != was+1 {
		t.Errorf("GOMAXPROCS is %d, want %d", now, was+1)
	}
	p.setBack()
	p.set(was + 1)
	if now := runtime.GOMAXPROCS(0); now != was {
		t.Errorf("a trial that was given up has set GOMAXPROCS to %d, was %d", now, was)
	}
}

// errUnderMutex calls a method of ctx under its mutex. The failure of C25 names that cause, and
// does not shorten the patience for other clauses.
type errUnderMutex struct {
	impls.Semaphore
	mu *sync.Mutex
}

func (s errUnderMutex) Acquire(ctx context.Context, n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.Semaphore.Acquire(ctx, n)
}

func (s errUnderMutex) TryAcquire(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Semaphore.TryAcquire(n)
}

func TestContextUnderLock(t *testing.T) {
	defer func(d time.Duration) { patience = d }(patience)
	patience = 300 * time.Millisecond // C25 hangs for ever, so any value works
	k := newChecker(impls.Impl{Name: "locked", New: func(size int64) impls.Semaphore {
		return errUnderMutex{impls.All()[0].New(size), new(sync.Mutex)}
	}})
	v := k.check(clauseNamed("C25"))
	if v.Outcome != Fail || !strings.Contains(v.Detail, "while a lock was held") || k.patience != patience {
		t.Errorf("%v, patience %v; want a failure that names the lock, and patience as before", v, k.patience)
	}
}

// A declared defect is not judged, and hides no other one.
func TestDeclaredDefectIsUnknown(t *testing.T) {
	broken := impls.Impl{Name: "blocking", New: func(size int64) impls.Semaphore {
		return neverPanics{impls.All()[0].New(size)}
	}, Order: impls.Barging, Defects: map[string]string{"C10": "Release ignores an over-release"}}
	k := newChecker(broken)
	if v := k.check(clauseNamed("C10")); v.Outcome != Unknown ||
		v.Detail != "a declared defect: Release ignores an over-release" {
		t.Errorf("%v, want that it is not judged", v)
	}
	if v := k.check(clauseNamed("C12")); v.Outcome != Fail {
		t.Errorf("%v, want a failure: only C10 is declared", v)
	}
}

// No clause relies on a defect that is declared for another clause: a size of zero is refused, a done ctx wins,
// and nothing is granted as a permit is.
func TestNoClauseReliesOnADeclaredDefect(t *testing.T) {
	loose := impls.Of("loose", newLoose)
	loose.Order = impls.Barging
	loose.Defects = map[string]string{
		"C2": "New(0) panics", "C4": "New(0) panics", "C14": "New(0) panics", "C15": "New(0) panics",
		"C8": "a done ctx wins", "C13": "Acquire(0) takes a permit",
	}
	for _, id := range []string{"C5", "C9", "C10", "C11", "C31", "C33", "C36"} {
		if v := newChecker(loose).check(clauseNamed(id)); v.Outcome != Pass {
			t.Errorf("%v, want that it passes", v)
		}
	}
	loose.Defects = nil
	for _, id := range []string{"C8", "C10", "C13", "C36"} {
		if v := newChecker(loose).check(clauseNamed(id)); v.Outcome != Fail {
			t.Errorf("%v, want a failure: no defect is declared", v)
		}
	}
}

// A weight of zero is judged without a TryAcquire, and where a done ctx may win. An implementation that refuses a
// weight of zero fails.
func TestZeroWeightAsDeclared(t *testing.T) {
	for _, c := range []struct {
		name    string
		declare func(*impls.Impl)
		wrap    func(impls.Semaphore) impls.Semaphore
		want    Outcome
	}{
		{"no try", func(i *impls.Impl) { i.NoTry, i.UnitWeights = true, true },
			func(s impls.Semaphore) impls.Semaphore { return tryless{s} }, Unknown}, // a part needs weights
		{"done wins, declared", func(i *impls.Impl) { i.DoneContext = impls.DoneMayWin },
			func(s impls.Semaphore) impls.Semaphore { return zeroWins{s, nil} }, Pass},
		{"done wins", func(*impls.Impl) {},
			func(s impls.Semaphore) impls.Semaphore { return zeroWins{s, nil} }, Fail},
		{"another error", func(i *impls.Impl) { i.DoneContext = impls.DoneMayWin },
			func(s impls.Semaphore) impls.Semaphore { return zeroWins{s, errors.New("zero")} }, Fail},
	} {
		impl := impls.All()[0]
		made := impl.New
		impl.New = func(size int64) impls.Semaphore { return c.wrap(made(size)) }
		c.declare(&impl)
		if v := newChecker(impl).check(clauseNamed("C13")); v.Outcome != c.want {
			t.Errorf("%s: %v, want %v", c.name, v, c.want)
		}
	}
}

// tryless has no TryAcquire.
type tryless struct{ impls.Semaphore }

func (tryless) TryAcquire(int64) bool { panic("there is no TryAcquire") }

// zeroWins answers an Acquire(0) with a done ctx by result.
type zeroWins struct {
	impls.Semaphore
	result error
}

func (z zeroWins) Acquire(ctx context.Context, n int64) error {
	if n == 0 && ctx.Err() != nil {
		return z.result
	}
	return z.Semaphore.Acquire(ctx, n)
}

// loose breaks C8, C13 and C15.
type loose struct{ impls.Semaphore }

func newLoose(size int64) impls.Semaphore {
	if size == 0 {
		panic("a size of zero is refused")
	}
	return loose{impls.All()[0].New(size)}
}

func (l loose) Acquire(ctx context.Context, n int64) error {
	if n == 0 {
		n = 1
	}
	if n > 0 && l.Semaphore.TryAcquire(n) {
		return nil
	}
	return l.Semaphore.Acquire(ctx, n)
}

// neverPanics swallows every panic of Release.
type neverPanics struct{ impls.Semaphore }

func (s neverPanics) Release(n int64) {
	defer func() { _ = recover() }()
	s.Semaphore.Release(n)
}

// A data race is a failure, also beside something that the clause could not find out.
func TestARaceIsNeverUnknown(t *testing.T) {
	missing := unknown{missing: "not decided", race: true}
	for _, c := range []struct {
		err   error
		raced int
		want  Outcome
	}{
		{missing, 0, Unknown},
		{errors.Join(missing, errors.New("1 data race")), 1, Fail},
		{failure{message: "broken"}, 0, Fail},
	} {
		if got, _ := outcomeOf(c.err, c.raced); got != c.want {
			t.Errorf("%v with %d races: %v, want %v", c.err, c.raced, got, c.want)
		}
	}
}

package stress

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
	"github.com/semabench/semabench/stress/internal/mutant"
)

func mutantNamed(t *testing.T, id string) impls.Impl {
	t.Helper()
	for _, m := range mutant.All() {
		if m.ID == id {
			return m.Impl
		}
	}
	t.Fatalf("no mutant %s", id)
	return impls.Impl{}
}

// The program of a seed can be written down and read again.
func TestNotation(t *testing.T) {
	for seed := range uint64(200) {
		text := programText(wide.generate(seed))
		p, err := parseProgram(text)
		if err != nil || programText(p) != text {
			t.Fatalf("seed %d: %q became %q, %v", seed, text, programText(p), err)
		}
	}
	for text, want := range map[string]string{
		"a1":                                 "want SIZE: OPS",
		"x: a1":                              `size: "x": want a number from 0`,
		"-1: a1":                             "want a number from 0",
		"9999999999: t1":                     "want a number from 0 to 1000000",
		"1: q1":                              `"q1": an operation begins with one of`,
		"1: a":                               `"a": permits: "": want a number from 0`,
		"1: t-1":                             "want a number from 0",
		"1: r0":                              "want a number from 1",
		"1: t1.x":                            `yields: "x"`,
		"1: t1.1001":                         "yields: ",
		"1: a2":                              "waits for ever, the size is 1; use c2",
		"1: t1 | b2":                         "worker 1: ",
		"1: w1":                              "w stands alone",
		strings.Repeat("|", 99):              "want SIZE",
		"1:" + strings.Repeat("|", 99):       "at most 64",
		"1:" + strings.Repeat(" t1", 10_001): "at most 64 and 10000",
	} {
		if _, err := parseProgram(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseProgram(%.40q) = %v, want %q", text, err, want)
		}
	}
}

// A flag out of its range is refused by its name, with the range, before anything runs.
func TestFlagsOutOfRange(t *testing.T) {
	defer func(ops int64, d time.Duration, p string) { *opsFlag, *timeFlag, *programFlag = ops, d, p }(
		*opsFlag, *timeFlag, *programFlag)
	for _, c := range []struct {
		set  func()
		want string
	}{
		{func() { *opsFlag = 0 }, "-stress.ops=0: want a number of operations from 1 to"},
		{func() { *opsFlag = -5 }, "-stress.ops=-5: want"},
		{func() { *opsFlag = 1 << 60 }, "to 1000000000000"},
		{func() { *timeFlag = -time.Second }, "-stress.time=-1s: want a duration from 0"},
		{func() { *programFlag = "2: a9" }, "-stress.program: "},
	} {
		*opsFlag, *timeFlag, *programFlag = defaultOps, 0, ""
		c.set()
		for _, id := range []string{"R1", "C34"} {
			v := newChecker(impls.All()[0]).check(clauseNamed(id))
			if v.Outcome != Fail || !strings.Contains(v.Detail, c.want) {
				t.Errorf("%v, want a failure with %q", v, c.want)
			}
		}
	}
}

// A mutant that ignores a done ctx fails a program of one worker with one operation. The shrinker
// must arrive at that program, and the program must fail again.
func TestShrinks(t *testing.T) {
	impl := mutantNamed(t, "M7")
	v := newChecker(impl).check(clauseNamed("R1"))
	if v.Program != "1: d1" {
		t.Fatalf("shrunk to %q, want 1: d1\n%v", v.Program, v)
	}
	for _, want := range []string{"C8 done-context-loses", "program: 1: d1", "drawn from seed",
		"tries to shrink it", "fails in 10 of 10 runs", "worker 0", "Acquire(1) when done = nil"} {
		if !strings.Contains(v.Detail, want) {
			t.Errorf("no %q in\n%v", want, v)
		}
	}
	f, err := Replay(t.Context(), impl, v.Program, 10)
	if err != nil || f == nil || !strings.Contains(f.Report, "C8") {
		t.Errorf("Replay = %v, %v; want it to fail again", f, err)
	}
	defer func() { *programFlag = "" }()
	*programFlag = v.Program
	if again := newChecker(impl).check(clauseNamed("R1")); again.Outcome != Fail || again.Program != v.Program {
		t.Errorf("-stress.program=%q: %v", v.Program, again)
	}
}

// The shrinker takes every kind of simpler candidate that fails, and no candidate that passes.
func TestShrinkerIsGreedy(t *testing.T) {
	p, err := parseProgram("5: a1 t2.3 a4 | c2 t2 | r1 h1 w")
	if err != nil {
		t.Fatal(err)
	}
	// Fails while a worker tries for two permits.
	x := mode{once: func(_ impls.Impl, _ time.Duration, p model.Program) (*history, error) {
		for _, ops := range p.Workers {
			for _, o := range ops {
				if o.Kind == model.Try && o.N == 2 {
					return nil, errors.New("two")
				}
			}
		}
		return nil, nil
	}}
	s := newShrinker(t.Context(), x, impls.All()[0], patience, p, nil, errors.New("two"))
	s.shrink()
	if got := programText(s.best); got != "1: t2" {
		t.Errorf("shrunk to %q in %d tries, want 1: t2", got, s.tries)
	}
}

// After a failure a campaign goes on with the next program, and the failure has all that a replay
// needs.
func TestCampaign(t *testing.T) {
	good := Campaign{Impl: impls.All()[0], Seed: 1}
	tally, failure := good.Play(t.Context(), 5_000)
	if failure != nil || tally.Operations < 5_000 || tally.Histories == 0 || tally.Programs <= tally.Histories {
		t.Errorf("Play = %+v, %v", tally, failure)
	}
	// M35 is found only by checks of histories. It fails at seed 508; 500 programs fewer save 5 s.
	bad := Campaign{Impl: mutantNamed(t, "M35"), Seed: 500}
	_, failure = bad.Play(t.Context(), 1_000_000)
	if failure == nil || failure.Clause.ID != "C34" || failure.Page == nil || failure.Program == "" {
		t.Fatalf("Play = %v, want a failure of C34 with its page", failure)
	}
	if bad.Seed != failure.Seed+1 {
		t.Errorf("the next seed is %d after %d", bad.Seed, failure.Seed)
	}
	again, err := Replay(t.Context(), bad.Impl, failure.Program, 100_000)
	if err != nil || again == nil {
		t.Errorf("Replay(%q) = %v, %v", failure.Program, again, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if tally, _ := good.Play(ended, 1_000_000); tally.Programs > 0 {
		t.Errorf("played %d programs after ctx was done", tally.Programs)
	}
}

// The fuzz target must be able to find a defect. Any bytes find this one.
func TestFuzzProgramsRefute(t *testing.T) {
	impl := mutantNamed(t, "M22") // a cancelled waiter stays in line
	for i := range 1000 {
		data := []byte(strings.Repeat("semaphore", 5))
		data[i%len(data)] += byte(i)
		if _, err := runAndCheck(impl, patience, decodeProgram(data)); refutes(err) {
			return
		}
	}
	t.Error("no program of 1000 refuted M22")
}

// An implementation that panics, parks or spins in a random program fails with its stacks.
func TestMisbehaviourInPrograms(t *testing.T) {
	whole := patience
	defer func() { patience = whole }()
	defer func(ops int64) { *opsFlag = ops }(*opsFlag)
	*opsFlag = 1000
	stop := make(chan struct{})
	defer close(stop)
	for name, test := range map[string]struct {
		try  func() bool
		want string
	}{
		"panics": {func() bool { panic("out of permits") }, "panic: out of permits"},
		"parks":  {func() bool { select {} }, "select (no cases)"},
		"spins": {func() bool {
			for !anyClosed(stop) {
			}
			return false
		}, "nothing moved for"},
	} {
		patience = whole
		if name == "spins" {
			patience = 300 * time.Millisecond // it hangs for ever, so any value works
		}
		v := newChecker(badImpl(test.try)).check(clauseNamed("R1"))
		if v.Outcome != Fail || !strings.Contains(v.Detail, test.want) || !strings.Contains(v.Detail, "random_test.go") {
			t.Errorf("%s: %v\nwant %q and the place", name, v, test.want)
		}
	}
}

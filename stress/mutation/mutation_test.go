package mutation_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/mutation"
)

// left returns the mutants that are left, as "line operator".
func left(r *mutation.Report) (all []string) {
	for _, m := range r.Mutants {
		if m.Left {
			all = append(all, m.Func+" "+m.Operator)
		}
	}
	return all
}

// The strong tests of the planted package notice every mutant that is not equivalent: a Broadcast in
// the place of a Signal wakes a waiter more, which looks again and waits, and a wake-up after the
// Unlock is a wake-up. The weak test, which calls the methods in turn, leaves most.
func TestPlanted(t *testing.T) {
	longtest.Need(t, "TestNativeOnly, and stress/internal/mutate")
	strong, err := mutation.Run(t.Context(), mutation.Options{Package: "./testdata/queue", Run: "^TestStrong", Race: true, Time: 10 * time.Second})
	if !errors.Is(err, exitcode.ErrFailed) {
		t.Fatalf("strong: %v", err)
	}
	want := []string{"(*Queue).Put wake", "(*Queue).Put lock-scope", "(*Queue).Close lock-scope"}
	if got := left(strong); !slices.Equal(got, want) {
		t.Errorf("the strong tests leave %q, want %q", got, want)
	}
	weak, err := mutation.Run(t.Context(), mutation.Options{Package: "./testdata/queue", Run: "^TestWeak", Race: true})
	if !errors.Is(err, exitcode.ErrFailed) {
		t.Fatalf("weak: %v", err)
	}
	for _, lost := range []string{"(*Queue).Put lock", "(*Queue).Take wait-loop", "(*Queue).Close wake"} {
		if !slices.Contains(left(weak), lost) {
			t.Errorf("the weak test notices %s", lost)
		}
	}
	if slices.Contains(left(weak), "(*Queue).Put drop") && !slices.ContainsFunc(weak.Mutants, func(m mutation.Mutant) bool {
		return m.Operator == "drop" && m.Native.Verdict == mutation.Noticed
	}) {
		t.Error("the weak test notices no Unlock that is left out")
	}
}

// One mutant takes memory without end, and one never ends. Both are noticed, natively or explored, and
// neither stops the run.
func TestEndless(t *testing.T) {
	longtest.Need(t, "TestNativeOnly")
	o := mutation.Options{Package: "./testdata/hungry", Time: 2 * time.Second, Memory: 300 << 20, Run: "^TestFill$"}
	for test, why := range map[string]string{"^TestFill$": "MB of memory", "^TestAwait$": "no end"} {
		o.Run = test
		var got []string
		o.OnMutant = func(_ *mutation.Report, m mutation.Mutant) {
			if m.Operator == "drop" && strings.Contains(m.Diff, "Wait()") {
				got = append(got, m.Explored.Verdict+" "+m.Explored.Why)
			}
		}
		if _, err := mutation.Run(t.Context(), o); !errors.Is(err, exitcode.ErrFailed) {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(got, func(s string) bool {
			return strings.HasPrefix(s, mutation.Noticed) && strings.Contains(s, why)
		}) {
			t.Errorf("%s: %q, want one noticed for %q", test, got, why)
		}
	}
}

// A refusal names the reason, and comes before any mutant is judged.
func TestRefusals(t *testing.T) {
	for pkg, want := range map[string]string{
		"./testdata/bare":               "has no synchronization to break",
		"./testdata/untested":           "has no tests",
		"./testdata/...":                "want one",
		"./testdata/nowhere":            "looking for package ./testdata/nowhere",
		"golang.org/x/sync/errgroup":    "is in no module of yours",
		"./testdata/failing":            "fail before any mutant (TestStart fails)",
		"./testdata/queue -run Nowhere": `no test of ./testdata/queue matches -run "Nowhere"`,
	} {
		t.Run(filepath.Base(pkg), func(t *testing.T) {
			name, run, built := strings.Cut(pkg, " -run ")
			if built || strings.HasSuffix(pkg, "failing") {
				longtest.Need(t, "the refusals without a build")
			}
			r, err := mutation.Run(t.Context(), mutation.Options{Package: name, Run: run})
			if r != nil || err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, %v; want no report and %q", r, err, want)
			}
			if code := exitcode.Of(err); code != exitcode.Refused {
				t.Errorf("exit code %d, want %d", code, exitcode.Refused)
			}
		})
	}
}

// strangers returns the folder of a module that does not know this suite. go test alone judges its mutants.
func strangers(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{
		"go.mod":    "module example.org/p\n\ngo 1.22\n",
		"p.go":      "package p\n\nimport \"sync\"\n\nvar mu sync.Mutex\n\nfunc F() {\n\tmu.Lock()\n\tmu.Unlock()\n}\n",
		"p_test.go": "package p\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) { F() }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A module that does not know this suite, without the source of the suite: go test alone judges, and
// the report says why. The mutant without the locks is left, as no test calls two methods at once.
func TestNativeOnly(t *testing.T) {
	dir := strangers(t)
	before, err := os.ReadFile(filepath.Join(dir, "p.go"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	r, err := mutation.Run(t.Context(), mutation.Options{
		Dir: dir, Package: ".", Sample: 1, Seed: 2, OnMutant: func(*mutation.Report, mutation.Mutant) { seen++ },
	})
	if r == nil || seen != 1 || len(r.Mutants) != 1 || r.Made < 2 {
		t.Fatalf("%v, and %d mutants seen: %v", r, seen, err)
	}
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"the module does not require this suite", "p.go:", "natively"} {
		if !strings.Contains(b.String()+r.Heading()+r.Row(r.Mutants[0]), want) {
			t.Errorf("the report lacks %q:\n%s", want, &b)
		}
	}
	if !strings.Contains(r.Heading(), "a sample of 1 is judged, seed 2") {
		t.Errorf("heading %q", r.Heading())
	}
	if after, err := os.ReadFile(filepath.Join(dir, "p.go")); err != nil || string(after) != string(before) {
		t.Errorf("the file of the user was changed: %v\n%s", err, after)
	}
}

// An interrupt before the first mutant is an interrupt and no failing test.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := mutation.Run(ctx, mutation.Options{Package: "./testdata/queue", OnStep: func(string) { cancel() }})
	if !errors.Is(err, exitcode.ErrInterrupted) {
		t.Errorf("%v, want %v", err, exitcode.ErrInterrupted)
	}
}

// A run that is cut off names the mutants without a verdict, and keeps the other verdicts. The next run judges these
// mutants only. An incomplete last line, as a killed process leaves it, is no verdict, and verdicts of other code do
// not count.
func TestJudged(t *testing.T) {
	longtest.NeedCI(t, "TestNativeOnly and TestJudgedFile")
	dir := strangers(t)
	judged := filepath.Join(t.TempDir(), "judged")
	o := mutation.Options{Dir: dir, Package: ".", Judged: judged}
	run := func(most int) (*mutation.Report, int, error) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		steps := 0
		o.OnStep = func(what string) {
			if strings.HasPrefix(what, "mutant ") {
				if steps == most {
					cancel()
					return
				}
				steps++
			}
		}
		r, err := mutation.Run(ctx, o)
		if r == nil {
			t.Fatal(err)
		}
		return r, steps, err
	}
	r, _, err := run(1)
	if !errors.Is(err, exitcode.ErrInterrupted) || len(r.Mutants) != 1 || len(r.NotJudged) != r.Made-1 {
		t.Fatalf("%v, with %d verdicts and %d mutants without, of %d", err, len(r.Mutants), len(r.NotJudged), r.Made)
	}
	var b strings.Builder
	if err := r.WriteText(&b); err != nil || !strings.Contains(b.String(), "not judged: ") {
		t.Errorf("the text does not say what is not judged: %v\n%s", err, &b)
	}
	first, err := os.ReadFile(judged)
	if err != nil {
		t.Fatal(err)
	}
	torn := append(slices.Clone(first), first[:len(first)/2]...)
	if err := os.WriteFile(judged, torn, 0o644); err != nil {
		t.Fatal(err)
	}
	r, steps, err := run(-1)
	if !errors.Is(err, exitcode.ErrFailed) || r.Kept != 1 || steps != r.Made-1 || len(r.Mutants) != r.Made {
		t.Errorf("%v: %d verdicts kept, %d mutants judged, %d verdicts of %d", err, r.Kept, steps, len(r.Mutants), r.Made)
	}
	if r, steps, _ = run(-1); steps != 0 || r.Kept != r.Made {
		t.Errorf("a complete run judges %d mutants again, and keeps %d verdicts", steps, r.Kept)
	}
	if err := os.WriteFile(filepath.Join(dir, "q.go"), []byte("package p\n\nvar Q = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if r, steps, _ = run(-1); r.Kept != 0 || steps != r.Made {
		t.Errorf("after a change of the code %d verdicts are kept, and %d mutants judged", r.Kept, steps)
	}
}

// A file of something else is refused before any test runs: the tests of a package may take minutes.
func TestJudgedRefusal(t *testing.T) {
	other := filepath.Join(t.TempDir(), "notes")
	if err := os.WriteFile(other, []byte("notes\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, judged := range []string{other, filepath.Join(other, "judged")} {
		_, err := mutation.Run(t.Context(), mutation.Options{
			Dir: strangers(t), Package: ".", Judged: judged, Run: "^TestNone$",
		})
		if code := exitcode.Of(err); code != exitcode.Refused || !strings.Contains(err.Error(), other) {
			t.Errorf("exit code %d, want %d: %v", code, exitcode.Refused, err)
		}
	}
}

// A bound on time that ends the run before the first mutant is unknown, and neither a pass nor a refusal.
func TestWithin(t *testing.T) {
	r, err := mutation.Run(t.Context(), mutation.Options{Package: "./testdata/queue", Within: 1})
	if code := exitcode.Of(err); r != nil || code != exitcode.Unknown {
		t.Errorf("exit code %d, want %d: %v", code, exitcode.Unknown, err)
	}
}

package main

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress"
	"github.com/semabench/semabench/stress/internal/designs"
	"github.com/semabench/semabench/stress/internal/mutate"
)

// An ending replaces one method of a correct semaphore.
type ending struct {
	impls.Semaphore
	release func(inner impls.Semaphore, n int64)
}

func (e ending) Release(n int64) { e.release(e.Semaphore, n) }

var endings = []struct {
	name, want string
	release    func(inner impls.Semaphore, n int64)
}{
	{"correct", "survived", func(inner impls.Semaphore, n int64) { inner.Release(n) }},
	{"nothing", "C1", func(impls.Semaphore, int64) {}},
	{"exit", "ends the process in C1", func(impls.Semaphore, int64) { os.Exit(3) }},
	{"panic", "ends the process in C1", func(impls.Semaphore, int64) { go panic("elsewhere"); select {} }},
	{"lock", "hangs in C1", func(impls.Semaphore, int64) { var mu sync.Mutex; mu.Lock(); mu.Lock() }},
	{"spin", "hangs in C1", func(impls.Semaphore, int64) {
		for {
			runtime.Gosched()
		}
	}},
}

// A process of TestStressVerdicts runs TestEnding in the place of a mutant.
func TestEnding(t *testing.T) {
	for _, e := range endings {
		t.Run(e.name, func(t *testing.T) {
			if os.Getenv("GENERATED_ENDING") == "" {
				t.Skip("for the processes of TestStressVerdicts")
			}
			impl := impls.Impl{Name: e.name, New: func(size int64) impls.Semaphore {
				return ending{designs.All()[0].New(size), e.release}
			}}
			stress.Run(t, impl)
		})
	}
}

// Every way in which a process ends has its verdict, and a correct semaphore survives.
func TestStressVerdicts(t *testing.T) {
	t.Setenv("GENERATED_ENDING", "1")
	for _, e := range endings {
		o := options{limit: time.Minute, idle: 2 * time.Second, ops: 100}
		switch e.name {
		case "spin":
			o.limit = 500 * time.Millisecond // the other processes may need more to start
		case "correct":
			// It is idle for a second at its end, in which the race detector waits for late reports, and
			// longer on a machine with other work.
			o.idle = time.Minute
		}
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			pattern := "^TestEnding$/^" + e.name + "$/^C1-"
			got, err := o.stress(context.Background(), &workshop{dir: t.TempDir()}, os.Args[0], pattern)
			if got != e.want || err != nil {
				t.Errorf("%q, %v, want %q", got, err, e.want)
			}
		})
	}
}

// some returns two designs, whose mutants are made in a moment.
func some() []*subject {
	return slices.DeleteFunc(subjects(), func(s *subject) bool { return s.name != "lockfree" && s.name != "spin" })
}

// keptTable returns the table of the repository, for some designs.
func keptTable(t *testing.T, designs []*subject) *table {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := openTable(options{root: root, out: "stress/generated.md"}, designs)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// Every subject compiles by itself, and each of its mutants has a name of its own.
func TestKeptTable(t *testing.T) {
	kept := keptTable(t, some())
	ids := map[string]bool{}
	for _, s := range kept.subjects {
		for _, m := range s.all {
			if ids[m.ID] {
				t.Errorf("two mutants %s", m.ID)
			}
			ids[m.ID] = true
		}
		if len(s.all) < 50 {
			t.Errorf("%s: %d mutants, want at least 50", s.name, len(s.all))
		}
	}
}

// All designs together have mutants by every operator, and the classes belong to survivors.
func TestAllSubjects(t *testing.T) {
	longtest.Need(t, "TestKeptTable")
	kept := keptTable(t, subjects())
	exists, operators := map[string]bool{}, map[string]bool{}
	for _, s := range kept.subjects {
		for _, m := range s.all {
			exists[m.ID], operators[m.Operator] = true, true
		}
	}
	if len(exists) < 600 {
		t.Errorf("%d mutants, want at least 600", len(exists))
	}
	for name := range mutate.Operators() {
		if !operators[name] && name != "go" { // no design starts a goroutine
			t.Errorf("no mutant by operator %s", name)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(kept.classes)) {
		r, judged := kept.results[id]
		switch {
		case !exists[id]:
			t.Errorf("%s: no such mutant: %s is older than the designs", id, classesFile)
		case judged && (refutes(r.Stress) || refutes(r.Explore)) && kept.classes[id].kind == "equivalent":
			t.Errorf("%s is said to be equivalent, and is refuted: stress: %s, explore: %s", id, r.Stress, r.Explore)
		}
	}
}

func TestClasses(t *testing.T) {
	got, err := parseClasses("# a comment\nab12 miss: no judge\n  tries this\n\ncd34 equivalent: same\n")
	want := map[string]class{"ab12": {"miss", "no judge tries this"}, "cd34": {"equivalent", "same"}}
	if !maps.Equal(got, want) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"ab12 miss", "ab12 perhaps: yes", "  no head"} {
		if _, err := parseClasses(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

// A share is of the mutants that can be killed, and an unknown is no kill.
func TestShares(t *testing.T) {
	s := &subject{name: "d"}
	table := &table{subjects: []*subject{s}, results: map[string]result{}, classes: map[string]class{
		"e": {"equivalent", "same"}, "m": {"miss", "why"},
	}}
	for id, r := range map[string]result{
		"half": {"C1", "", ""},
		"a":    {"C1", "3 schedules: deadlock", ""},
		"b":    {"hangs in C2", survived, ""},
		"c":    {survived, "unknown: refused", ""},
		"e":    {survived, survived, ""},
		"m":    {survived, survived, ""},
	} {
		s.all = append(s.all, mutate.Mutant{ID: id, Operator: "drop", File: "d.go"})
		table.results[id] = r
	}
	s.all = append(s.all, mutate.Mutant{ID: "later", Operator: "drop"})
	want := "| d | 7 | 1 | 3 of 5 (60.0 %) | 1 of 4 (25.0 %) | 2 of 4 (50.0 %) | 1 | 1 |\n"
	if got := table.summary(); !strings.Contains(got, want) {
		t.Errorf("got\n%swant the row\n%s", got, want)
	}
	if text := table.survivors(); strings.Index(text, "m: miss") > strings.Index(text, "c: not classified") {
		t.Errorf("misses come first:\n%s", text)
	}
}

// Results survive the way through the file, also with bars in them, and a mutant that exists no
// longer is forgotten.
func TestResume(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	o := options{root: root, out: filepath.Join(t.TempDir(), "generated.md")}
	first, err := openTable(o, some())
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := first.subjects[0].all[0].ID, first.subjects[1].all[0].ID, first.subjects[1].all[1].ID
	first.results[a] = result{"C1", "2 schedules: a | b", ""}
	first.results[b] = result{survived, survived, ""}
	first.results[c] = result{"C9", "", ""} // the explorer was interrupted
	first.results["gone"] = result{survived, survived, ""}
	if err := first.write(); err != nil {
		t.Fatal(err)
	}
	second, err := openTable(o, some())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]result{a: {"C1", "2 schedules: a / b", ""}, b: {survived, survived, ""}, c: {"C9", "", ""}}
	if !maps.Equal(second.results, want) {
		t.Errorf("read %v, want %v", second.results, want)
	}
	o.byStress, o.byExplore = true, true
	plain := &subject{}
	if o.lacks(plain, want[a]) || o.lacks(plain, want[b]) || !o.lacks(plain, want[c]) {
		t.Error("only the interrupted mutant lacks a verdict")
	}
}

// The judges refute a fixed sample of mutants and no original: the driver as a whole.
func TestSample(t *testing.T) {
	longtest.Need(t, "TestStressVerdicts")
	path := filepath.Join(t.TempDir(), "generated.md")
	err := run(t.Context(), []string{"-o", path, "-designs", "^(list|lockfree)$", "-sample", "8", "-schedules", "300"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "| all | ") || strings.Count(string(text), "hangs")+strings.Count(string(text), "schedules: ") < 5 {
		t.Errorf("few of 8 mutants were refuted:\n%s", text)
	}
}

package stress

import (
	"math"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// scripted returns a history that is written as text, in the order of its observation. “0 a1” means
// that worker 0 calls Acquire(1), “0 nil” that the call returns nil, and “quiet” that nothing can
// move.
func scripted(t *testing.T, size int64, script string) *history {
	t.Helper()
	const workers, calls = 4, 8
	p := model.Program{Size: size, Workers: make([][]model.Op, workers)}
	for w := range p.Workers {
		p.Workers[w] = make([]model.Op, calls)
	}
	h := newHistory(p, new(atomic.Int64))
	for _, line := range strings.Split(script, ";") {
		words := strings.Fields(line)
		if words[0] == "quiet" {
			h.markQuiet(nil)
			continue
		}
		log := h.logs[words[0][0]-'0']
		switch words[1] {
		case "nil", "true", "done":
			h.end(log.open(), true)
		case "error", "false":
			h.end(log.open(), false)
		default:
			ops, err := model.StressNotation.ParseOps(words[1], size)
			if err != nil {
				t.Fatal(err)
			}
			h.begin(log, ops[0].Kind, ops[0].N)
		}
	}
	return h
}

// Verdicts on short histories, decided by hand.
func TestLinearize(t *testing.T) {
	for _, c := range []struct {
		name   string
		order  impls.Order
		size   int64
		script string
		want   porcupine.CheckResult
	}{
		{"two tries for one permit", impls.Barging, 1,
			"0 t1; 1 t1; 0 true; 1 true", porcupine.Illegal},
		{"one of two tries", impls.Barging, 1,
			"0 t1; 1 t1; 0 true; 1 false", porcupine.Ok},
		{"a try that fails before the other began", impls.Barging, 1,
			"0 t1; 0 false; 1 t1; 1 true", porcupine.Illegal},
		{"a try that fails after the permit was back", impls.Barging, 1,
			"0 t1; 0 true; 0 r1; 0 done; 1 t1; 1 false", porcupine.Illegal},
		{"a try that fails while it comes back", impls.Barging, 1,
			"0 t1; 0 true; 0 r1; 1 t1; 1 false; 0 done", porcupine.Ok},

		{"a grant before the release", impls.Barging, 1,
			"0 t1; 0 true; 1 a1; 1 nil; 0 r1; 0 done", porcupine.Illegal},
		{"a grant while it is released", impls.Barging, 1,
			"0 t1; 0 true; 1 a1; 0 r1; 1 nil; 0 done", porcupine.Ok},
		{"a grant that was withheld", impls.Barging, 1,
			"0 t1; 0 true; 1 a1; 0 r1; 0 done; quiet; 1 nil", porcupine.Illegal},

		{"a later request passes a waiter", impls.FIFO, 1,
			"0 t1; 0 true; 1 a1; quiet; 2 a1; 0 r1; 2 nil; 0 done; 2 r1; 2 done; 1 nil", porcupine.Illegal},
		{"two requests whose order was not observed", impls.FIFO, 1,
			"0 t1; 0 true; 1 a1; 2 a1; quiet; 0 r1; 2 nil; 0 done; 2 r1; 2 done; 1 nil", porcupine.Ok},
		{"a later request passes a waiter, which is allowed", impls.Unspecified, 1,
			"0 t1; 0 true; 1 a1; quiet; 2 a1; 0 r1; 2 nil; 0 done; 2 r1; 2 done; 1 nil", porcupine.Ok},
		{"a try passes a waiter", impls.FIFO, 2,
			"0 t1; 0 true; 1 a2; quiet; 2 t1; 2 true", porcupine.Illegal},

		{"a cancelled request may have held permits for a moment", impls.FIFO, 2,
			"0 t2; 0 true; 1 c1; quiet; 0 r2; 0 done; 2 t1; 2 true; 3 t1; 3 false; 1 error", porcupine.Ok},
		{"a cancelled request holds nothing after it has returned", impls.FIFO, 2,
			"0 t2; 0 true; 1 c1; quiet; 0 r2; 0 done; 1 error; 2 t1; 2 true; 3 t1; 3 false", porcupine.Illegal},
		{"a request above the size does not refuse a try", impls.FIFO, 1,
			"0 c2; quiet; 1 t1; 1 false; 0 error", porcupine.Illegal},
		{"a request above the size ends with an error", impls.FIFO, 1,
			"0 c2; quiet; 1 t1; 1 true; 0 error", porcupine.Ok},
	} {
		l := scripted(t, c.size, c.script).linearization(impls.Impl{Order: c.order})
		if got := l.check(); got != c.want {
			t.Errorf("%s, %v: %s: %v, want %v", c.name, c.order, c.script, got, c.want)
		}
	}
}

// A search that takes too many steps is given up. The verdict is then unknown, and no failure.
func TestUndecided(t *testing.T) {
	defer func(n int) { maxSteps = n }(maxSteps)
	maxSteps = 3
	v := newChecker(impls.All()[0]).check(clauseNamed("C34"))
	if v.Outcome != Unknown || !strings.Contains(v.Detail, "not decided within 3 steps") {
		t.Errorf("%v, want unknown", v)
	}
}

// The picture is one page without other files, with the clause, the replay command, and the numbers of the
// workers as the text has them. Without scripts its text is there.
func TestPage(t *testing.T) {
	l := scripted(t, 1, "0 t1; 1 a1; 0 true; quiet; 1 nil").linearization(impls.Impl{})
	page, err := l.page(caption{"mine", "program: <1>\nworker 0"})
	if err != nil {
		t.Fatal(err)
	}
	c := Clause{ID: "C34", Name: "linearizable", Text: "a <sentence>"}
	page = withReplay(withClause(page, c), "go test -run '^T$'")
	for _, want := range []string{"<html", "worker 0: TryAcquire(1) = true", "worker 1: Acquire(1) granted", "nothing can move",
		"<title>mine: ", "C34 linearizable: “a &lt;sentence&gt;”", "go test -run &#39;^T$&#39;", "program: &lt;1&gt;",
		`["0","1","1",""]`, "prefers-color-scheme: dark", `id="jump-link"`} {
		if !strings.Contains(string(page), want) {
			t.Errorf("no %q in the page", want)
		}
	}
	// A page of another version of porcupine is refused, and nothing of it is shown.
	for _, other := range []string{"", "<html>", strings.Replace(string(page), "<title>", "<title >", 1)} {
		if got, err := l.captioned(other, caption{}); err == nil {
			t.Errorf("a page of %d bytes without the parts of porcupine's: %d bytes, want an error", len(other), len(got))
		}
	}
}

// The verdicts of Linearizable on recorded calls, judged by hand.
func TestLinearizable(t *testing.T) {
	impl := impls.Impl{Name: "recorded"}
	const never = math.MaxInt64
	for _, c := range []struct {
		name  string
		calls []Call
		want  Outcome
	}{
		{"one after the other", []Call{{1, Acquire, 1, true, 1, 2}, {1, Release, 1, true, 3, 4}, {2, TryAcquire, 1, true, 5, 6}}, Pass},
		{"two hold one permit", []Call{{1, Acquire, 1, true, 1, 2}, {2, TryAcquire, 1, true, 3, 4}}, Fail},
		{"overlapping calls that may have been one after the other", []Call{{1, Acquire, 1, true, 1, 5}, {1, Release, 1, true, 6, 9}, {2, Acquire, 1, true, 2, 8}}, Pass},
		{"refused though free", []Call{{1, Acquire, 1, true, 1, 2}, {1, Release, 1, true, 3, 4}, {2, TryAcquire, 1, false, 5, 6}}, Fail},
		{"a release that takes effect later", []Call{{1, Acquire, 1, true, 1, 2}, {1, Release, 1, true, 3, never}, {2, TryAcquire, 1, false, 5, 6}}, Pass},
	} {
		if v := Linearizable(impl, 1, c.calls); v.Outcome != c.want {
			t.Errorf("%s: %v, want %v", c.name, v, c.want)
		}
	}
}

// The search of package model, which package explore uses, and the search of porcupine agree. Half
// of the histories are real ones of a correct semaphore; the others have one result changed.
func TestSearchesAgree(t *testing.T) {
	illegal := 0
	for seed := range uint64(300) {
		h, err := runOnce(impls.All()[0], patience, narrow.generate(seed))
		if err != nil {
			t.Fatal(err)
		}
		observed, logOf := h.observed(impls.All()[0])
		if n := len(observed.Calls); seed%2 == 1 && n > 0 {
			c := &observed.Calls[int(seed)%n]
			c.Result = model.ResultOf(c.Result == model.Failed)
		}
		m, spans := observed.Spans()
		if len(spans) > model.MaxSearch {
			continue
		}
		ours, theirs := m.Linearizable(spans), newLinearization(observed, logOf, h.name).check()
		if ours != (theirs == porcupine.Ok) {
			t.Errorf("seed %d: model says %v, porcupine %v\n%s", seed, ours, theirs, h.table())
		}
		if !ours {
			illegal++
		}
	}
	if illegal < 20 {
		t.Errorf("only %d histories were illegal, too few to compare", illegal)
	}
}

// The package doc shows the output of today, with the right line numbers.
func TestDocShowsFailingLines(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	v := newChecker(mutantNamed(t, "M15")).check(clauseNamed("C18"))
	line, _, _ := strings.Cut(v.Detail, "\n")
	if !strings.HasPrefix(line, "stress/") || !strings.Contains(string(doc), line+"\n") {
		t.Errorf("doc.go does not show %q", line)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	v = newChecker(mutantNamed(t, "M10")).check(clauseNamed("C12"))
	// README.md has the output of another semaphore, which breaks the clause at the same check.
	if at, _, _ := strings.Cut(v.Detail, " "); !strings.Contains(string(readme), at+" Acquire of a negative weight") {
		t.Errorf("README.md does not show a failure of C12 at %q", at)
	}
	f := replayRecorded(t, mutantNamed(t, "M15"))
	if f == nil {
		t.Fatal("the recorded programs do not refute M15")
	}
	line, _, _ = strings.Cut(f.Report, "\n")
	testing, err := os.ReadFile("../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"doc.go": doc, "docs/testing.md": testing} {
		if !strings.Contains(string(text), line+"\n") {
			t.Errorf("%s does not show %q", name, line)
		}
	}
}

package rewrite_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/rewrite"
)

// A construct that cannot be put under control is refused, by its name and with its position.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		files tree
		want  string
	}{
		"does not compile": {tree{
			"m_test.go": "package m\n\nimport \"testing\"\n\nfunc TestM(t *testing.T) { undefined() }\n",
		}, "m_test.go:5:28: undefined: undefined"},
		"a dependency does not parse": {tree{
			"m_test.go": "package m\n\nimport _ \"example.org/m/dep\"\n", "dep/dep.go": "package dep\n\nfunc {\n",
		}, "dep.go:3:6: "},
		"no such import": {tree{
			"m_test.go": "package m\n\nimport _ \"example.org/m/none\"\n",
		}, "no required module provides package example.org/m/none"},
		"cgo": {tree{
			"m_test.go": "package m\n\nimport _ \"example.org/m/dep\"\n", "dep/dep.go": "package dep\n\nimport \"C\"\n",
		}, "example.org/m/dep uses cgo, which cannot be put under control"},
		"go:linkname": {tree{
			"m_test.go": "package m\n\nimport _ \"unsafe\"\n\n//go:linkname acquire sync.runtime_Semacquire\nfunc acquire(*uint32)\n",
			"empty.s":   "",
		}, "m_test.go:5:1: go:linkname to sync.runtime_Semacquire, in which goroutines wait, cannot be put under control"},
		"no module": {tree{"go.mod": "", "m_test.go": "package m\n"}, "go.mod file not found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CGO_ENABLED", "1")
			files := tree{"go.mod": goMod}.with(c.files)
			if files["go.mod"] == "" {
				delete(files, "go.mod")
			}
			_, err := rewrite.Build(t.Context(), rewrite.Options{Dir: files.write(t), Cache: t.TempDir()})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// Outside an exploration a rewritten program does the same as before, and its panics have the same
// positions.
func TestInstrumentedProgramIsStillItself(t *testing.T) {
	const source = `package m

import (
	"strings"
	"runtime/debug"
	"sync"
	"testing"
	"time"
)

func TestM(t *testing.T) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	ch := make(chan int, 1)
	sum := 0
	for i := range 3 {
		wg.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			sum += i
		})
	}
	wg.Wait()
	go func() { ch <- sum }()
	select {
	case v, ok := <-
		ch:
		if v != 3 || !ok {
			t.Error(v, ok)
		}
	case <-time.After(time.Minute):
		t.Error("late")
	}
	defer func() {
		if recover() == nil || !strings.Contains(string(debug.Stack()), "m_test.go:40") {
			t.Errorf("the panic is not where it was:\n%s", debug.Stack())
		}
	}()
	close(ch)
	close(ch)
}
`
	dir := tree{"go.mod": goMod, "m_test.go": source}.write(t)
	before := sum(t, dir)
	b, err := rewrite.Build(t.Context(), rewrite.Options{Dir: dir, Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(b.Path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if sum(t, dir) != before {
		t.Error("something was written to the module")
	}
}

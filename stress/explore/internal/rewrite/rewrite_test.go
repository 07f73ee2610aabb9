package rewrite_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/rewrite"
)

// build instruments a module of its own that has one test file, and returns its folder.
func build(t *testing.T, files map[string]string) (dir, binary string, err error) {
	t.Helper()
	t.Setenv("GOWORK", "off")
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	files["go.mod"] = "module example.org/m\n\ngo 1.26.0\n\nrequire github.com/semabench/semabench v0.0.0\n\n" +
		"replace github.com/semabench/semabench => " + root + "\n"
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := rewrite.Build(rewrite.Options{Dir: dir, Cache: t.TempDir()})
	if err != nil {
		return dir, "", err
	}
	return dir, b.Path, nil
}

// What cannot be put under control is refused, by name and with its position.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"dot import": {
			"package m\n\nimport (\n\t. \"sync\"\n\t\"testing\"\n)\n\nfunc TestM(t *testing.T) { var mu Mutex; mu.Lock() }\n",
			"m_test.go:4:2: import . \"sync\" cannot be instrumented",
		},
		"several results": {
			"package m\n\nimport \"testing\"\n\nfunc two() (int, int) { return 1, 2 }\n\n" +
				"func add(a, b int) {}\n\nfunc TestM(t *testing.T) { go add(two()) }\n",
			"m_test.go:9:28: go f(g()) with several results",
		},
		"does not compile": {
			"package m\n\nimport \"testing\"\n\nfunc TestM(t *testing.T) { undefined() }\n",
			"undefined",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := build(t, map[string]string{"m_test.go": c.source})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// Outside an exploration an instrumented program does what it did, and its panics are where they were.
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
	dir, binary, err := build(t, map[string]string{"m_test.go": source})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(binary).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%d entries in the module, want the 2 that were there: %v", len(entries), err)
	}
}

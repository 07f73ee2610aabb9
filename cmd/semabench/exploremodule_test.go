package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// exploredModule is the module of a user. Each package leads to another message of the command.
var exploredModule = map[string]string{
	"go.mod": `module example.org/explored

go 1.26.0

require github.com/semabench/semabench v0.0.0

replace github.com/semabench/semabench => SUITE
`,
	"count/count_test.go": `package count

import (
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

func twice(add func(n *atomic.Int64), want int64) func(t *explore.T) {
	return func(t *explore.T) {
		var n atomic.Int64
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { add(&n) })
		}
		wg.Wait()
		if got := n.Load(); got != want {
			t.Errorf("n = %d, want %d", got, want)
		}
	}
}

func TestRight(t *testing.T) { explore.Run(t, twice(func(n *atomic.Int64) { n.Add(1); n.Add(1) }, 4)) }
func TestWrong(t *testing.T) { explore.Run(t, twice(func(n *atomic.Int64) { n.Store(n.Load() + 1) }, 2)) }
func TestRaced(t *testing.T) {
	explore.Run(t, func(t *explore.T) {
		n := 0
		done := make(chan bool)
		go func() { n++; done <- true }()
		n++
		<-done
	})
}
func TestPlain(t *testing.T) {}
func TestStartsProcess(t *testing.T) { explore.Run(t, func(t *explore.T) { exec.Command("true").Run() }) }
func TestFails(t *testing.T) {
	explore.Run(t, twice(func(n *atomic.Int64) { n.Add(1) }, 2))
	t.Error("for a reason of its own")
}
func TestManySchedules(t *testing.T) {
	explore.Run(t, twice(func(n *atomic.Int64) { for range 50 { n.Add(1) } }, 100))
}
`,
	"plain/plain_test.go":   plainTest,
	"broken/broken_test.go": "package broken\n\nimport \"testing\"\n\nfunc TestBroken(t *testing.T) { m() }\n",
	"bare/bare.go":          "package bare\n",
}

// inExploredModule writes the module and makes it the working directory. The cache of explore is a
// temporary folder.
func inExploredModule(t *testing.T) {
	t.Helper()
	suite, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	for name, text := range exploredModule {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(text, "SUITE", suite, 1)),
			0o644); err != nil {
			t.Fatal(err)
		}
	}
	sums := read(t, filepath.Join(suite, "go.sum"))
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), []byte(sums), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	tidy := exec.Command("go", "list", "-mod=mod", "-deps", "-test", "./count")
	if out, err := tidy.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", tidy, err, out)
	}
}

// plainTest knows nothing of this suite.
const plainTest = `package plain

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestPlain(t *testing.T) { addTwice(t, func(n *atomic.Int64) { n.Add(1) }) }

func TestLoses(t *testing.T) { addTwice(t, func(n *atomic.Int64) { n.Store(n.Load() + 1) }) }

func addTwice(t *testing.T, add func(*atomic.Int64)) {
	var n atomic.Int64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { add(&n) })
	}
	if wg.Wait(); n.Load() != 2 {
		t.Errorf("n = %d, want 2", n.Load())
	}
}
`

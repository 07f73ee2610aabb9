package rewrite_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"os/exec"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/rewrite"
)

// panicking has rewritten statements over several lines, with a panic behind each. The test
// compares the position of each panic with the line of its comment.
const panicking = `package dep

import (
	"fmt"
	"runtime"
	"sync"
	"time"
)

func at(want int, what string) {
	_, file, line, _ := runtime.Caller(1)
	fmt.Printf("%s:%d want %d %s\n", file, line, want, what)
}

var mu = sync.Mutex{}

func Work() {
	ch := make(chan int,
		9)
	ch <-
		func() int { at(LINE, "in a value"); return 1 }()
	at(LINE, "after a send")
	<-
		ch
	at(LINE, "after a receive"); go func(
		a int,
		b ...int,
	) {
		at(LINE, "in a goroutine")
	}(
		1,
		2,
	); at(LINE, "after go")
	go fmt.Sprint(
		1,
		func() int { at(LINE, "in an argument"); return 1 }(),
	)
	select {
	case v, ok := <-
		ch:
		_, _ = v, ok
	case ch <- func() int {
		at(LINE, "in a case")
		return 1
	}():
		at(LINE, "in a clause")
	case <-time.
		After(time.Hour):
	}
	at(LINE, "after select")
	close(
		ch,
	)
	for v := range
		ch {
		at(LINE, "in a loop")
		_ = v
	}
	time.Sleep(50 * time.Millisecond)
	at(LINE, "at the end")
	mu.Lock()
	at(LINE, "after a lock")
}
`

// Positions in copies are the positions of the originals, in files of this module, of other
// modules and of old modules.
func TestPositions(t *testing.T) {
	var source strings.Builder
	lines := strings.Split(panicking, "\n")
	for i, line := range lines {
		source.WriteString(strings.ReplaceAll(line, "LINE", fmt.Sprint(i+1)) + "\n")
	}
	main := "package m\n\nimport (\n\t\"testing\"\n\n\t\"DEP\"\n)\n\nfunc TestM(t *testing.T) { dep.Work() }\n"
	for name, files := range map[string]tree{
		"in the module": {
			"m/go.mod": goMod, "m/m_test.go": strings.ReplaceAll(main, "DEP", "example.org/m/dep"),
			"m/dep/dep.go": source.String(),
		},
		"in an old module": {
			"m/go.mod":    goMod + "require example.org/dep v1.0.0\n\nreplace example.org/dep => ../dep\n",
			"m/m_test.go": strings.ReplaceAll(main, "DEP", "example.org/dep"),
			"dep/go.mod":  "module example.org/dep\n\ngo 1.12\n", "dep/dep.go": source.String(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			// A user whose binaries hold no paths still reads positions with paths in a report.
			t.Setenv("GOFLAGS", "-trimpath")
			dir := files.write(t)
			b, err := rewrite.Build(t.Context(), rewrite.Options{Dir: dir + "/m", Cache: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(b.Path).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			checkPositions(t, dir, string(out))
		})
	}
}

func checkPositions(t *testing.T, dir, out string) {
	t.Helper()
	seen := 0
	for line := range strings.Lines(out) {
		before, after, ok := strings.Cut(line, " want ")
		if !ok {
			continue
		}
		seen++
		want, what, _ := strings.Cut(after, " ")
		if !strings.HasPrefix(before, dir) || !strings.HasSuffix(before, "/dep/dep.go:"+want) {
			t.Errorf("%s is at %s, want line %s", strings.TrimSpace(what), before, want)
		}
	}
	if seen < 8 {
		t.Errorf("%d positions, want 8 at least:\n%s", seen, out)
	}
}

// The go command understands a line directive with a drive letter and spaces in its path.
func TestWindowsPath(t *testing.T) {
	const path = `C:\Users\A Name\m\m.go`
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "copy.go", "//line "+path+":1\npackage m\n", parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	if p := fset.Position(f.Package); !strings.HasSuffix(p.Filename, path) || p.Line != 1 {
		t.Errorf("%v, want %s:1", p, path)
	}
}

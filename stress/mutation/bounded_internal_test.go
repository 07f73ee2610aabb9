package mutation

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Both ends of an output stay, however long it is.
func TestBounded(t *testing.T) {
	b := &bounded{}
	for range 100_000 {
		if n, err := b.Write([]byte("a line in the middle\n")); n != 21 || err != nil {
			t.Fatal(n, err)
		}
	}
	_, _ = b.Write([]byte("--- FAIL: TestLast (0.0s)\n"))
	text := b.text()
	if !strings.HasPrefix(text, "a line") || failedTest(text) != "TestLast" || len(text) > 4*boundedSize {
		t.Errorf("%d bytes kept, and the failed test is %q", len(text), failedTest(text))
	}
	if short := new(bounded); true {
		_, _ = short.Write([]byte("=== RUN   TestA\n=== RUN   TestB\nfatal error: all asleep\n"))
		n := nativeRun{failed: true, output: short.text()}
		if got := failedTest(n.output) + ": " + n.why(time.Second); got != "TestB: fatal error: all asleep" {
			t.Errorf("got %q", got)
		}
	}
}

// A line is reached if some block with it was executed, and a declaration counts as reached.
func TestReached(t *testing.T) {
	p := &target{blocks: []block{{"a.go", 3, 9, 1}, {"a.go", 5, 6, 0}, {"a.go", 20, 22, 0}}}
	for line, want := range map[int]bool{1: true, 3: true, 5: true, 21: false} {
		if got := p.reached("/somewhere/a.go", line); got != want {
			t.Errorf("line %d: %v, want %v", line, got, want)
		}
	}
}

// A child is killed if it uses more memory than the limit, and only then.
func TestWatchMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the memory of other processes is known on Linux only")
	}
	for most, killed := range map[int64]bool{1 << 40: false, 1: true} {
		duration := "0.6"
		if killed { // the child does not end before it is killed, however busy the machine is
			duration = "600"
		}
		cmd := exec.Command("sleep", duration)
		if err := cmd.Start(); err != nil {
			t.Skip(err)
		}
		end := watchMemory(most)
		err := cmd.Wait()
		if used := end(); (used > 0) != killed || (err != nil) != killed {
			t.Errorf("limit %d: used %d, %v", most, used, err)
		}
	}
}

package stress

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/mutant"
)

// A recorded seed still draws the program that it drew when it was recorded, and recorded bytes of
// the fuzzer are still the same program. The file was written by the commit before programs were
// shared with package explore.
func TestRecordedSeeds(t *testing.T) {
	file, err := os.Open("testdata/seeds.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := 0
	for scan := bufio.NewScanner(file); scan.Scan(); lines++ {
		var how, got, want string
		var seed uint64
		if data, ok := strings.CutPrefix(scan.Text(), "fuzz "); ok {
			var input string
			if _, err := fmt.Sscanf(data, "%q", &input); err != nil {
				t.Fatal(err)
			}
			got, want = programText(decodeProgram([]byte(input))), strings.TrimPrefix(data, fmt.Sprintf("%q ", input))
		} else {
			if _, err := fmt.Sscan(scan.Text(), &how, &seed); err != nil {
				t.Fatal(err)
			}
			s := map[string]shape{"wide": wide, "narrow": narrow}[how]
			got, want = programText(s.generate(seed)), strings.TrimPrefix(scan.Text(), fmt.Sprintf("%s %d ", how, seed))
		}
		if got != want {
			t.Errorf("%.40s…: got\n%s\nwant\n%s", scan.Text(), got, want)
		}
	}
	if lines < 19 {
		t.Errorf("%d lines, want 19", lines)
	}
}

// The programs of the documentation still refute the kind of semaphore that they were found with, and
// nothing else. The first is the limiter of README: its Release wakes one waiter where several fit.
func TestRecordedProgramsRefute(t *testing.T) {
	for _, c := range []struct{ mutant, clause string }{{"M15", "C17"}, {"M7", "C8"}} {
		f := replayRecorded(t, mutantNamed(t, c.mutant))
		if f == nil || !strings.Contains(f.Report, c.clause) {
			t.Errorf("on %s: %v; want a failure with %s", c.mutant, f, c.clause)
		}
	}
	if f := replayRecorded(t, mutant.Reference); f != nil {
		t.Errorf("on a correct semaphore: %v", f)
	}
}

// replayRecorded returns the first failure of the recorded programs. The second program is the first
// with its last two workers exchanged. Which of them waits first is up to the scheduler of Go, and
// one of the two programs fails in either case, however busy the machine is.
func replayRecorded(t *testing.T, impl impls.Impl) *Failure {
	t.Helper()
	for _, text := range []string{"2: a2 w | a1 | a1 w", "2: a2 w | a1 w | a1", "1: d1"} {
		f, err := Replay(t.Context(), impl, text, 500)
		if err != nil {
			t.Fatal(err)
		}
		if f != nil {
			return f
		}
	}
	return nil
}

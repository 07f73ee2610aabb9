package stress

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/internal/mutant"
)

// A recorded seed still draws the program that it drew when it was recorded, and recorded bytes of the
// fuzzer are still the same program. The file was written by the commit before programs were shared
// with package explore.
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
	for _, c := range []struct{ program, mutant, clause string }{
		{"2: a2 w | a1 | a1 w", "M15", "C17"},
		{"1: d1", "M7", "C8"},
	} {
		f, err := Replay(t.Context(), mutantNamed(t, c.mutant), c.program, 2000)
		if err != nil || f == nil || !strings.Contains(f.Report, c.clause) {
			t.Errorf("%q on %s: %v, %v; want a failure with %s", c.program, c.mutant, f, err, c.clause)
		}
		if f, err := Replay(t.Context(), mutant.Reference, c.program, 200); err != nil || f != nil {
			t.Errorf("%q on a correct semaphore: %v, %v", c.program, f, err)
		}
	}
}

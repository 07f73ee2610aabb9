package rusage

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

// The loop ends when the process has used the time that Self has to report. A busy machine makes
// the loop longer and does not fail the test.
func TestSelfCountsProcessorTime(t *testing.T) {
	before := Self()
	for Self().Minus(before).CPU() < 5*time.Millisecond {
	}
	if runtime.GOOS == "linux" && PeakMemory() < 1<<20 {
		t.Errorf("PeakMemory() = %d, want at least 1 MiB for a Go program", PeakMemory())
	}
}

func TestUsageOfChild(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^$")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if got := OfChild(cmd.ProcessState); got.CPU() <= 0 && runtime.GOOS == "linux" {
		t.Errorf("a child that started a Go runtime used %v of processor time", got.CPU())
	}
}

// A count that one side lacks must not become a small number that looks like a measurement.
func TestUncountedSwitchesStayUncounted(t *testing.T) {
	known, lacking := Usage{Voluntary: 5, Involuntary: 7}, Usage{Voluntary: -1, Involuntary: -1}
	for name, got := range map[string]Usage{
		"known plus lacking":    known.Plus(lacking),
		"lacking minus lacking": lacking.Minus(lacking),
	} {
		if got.Voluntary != -1 || got.Involuntary != -1 {
			t.Errorf("%s: %d voluntary and %d involuntary, want -1 each",
				name, got.Voluntary, got.Involuntary)
		}
	}
	want := Usage{User: 1, System: 2, Voluntary: 3, Involuntary: 4}
	if got := want.Plus(known).Minus(known); got != want {
		t.Errorf("plus and minus the same: %+v, want %+v", got, want)
	}
}

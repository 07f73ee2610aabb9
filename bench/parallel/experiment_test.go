package parallel

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Wrong options are errors before anything is measured.
func TestWrongOptions(t *testing.T) {
	for want, o := range map[string]Options{
		"unknown work":          {Works: []string{"sleep"}},
		"unknown semaphore":     {Process: "jobserver"},
		"-1 rounds: want 1 to":  {Rounds: -1},
		fmt.Sprint(1_001, " r"): {Rounds: 1001},
	} {
		if _, err := o.Experiment(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
}

// An error of the writer ends the run: no more samples could be stored.
func TestRunReturnsErrorOfWriter(t *testing.T) {
	e := smallExperiment(t, Options{Rounds: 3}, hashIn(Serial))
	if err := e.Run(t.Context(), fullDisk{}); !errors.Is(err, errFull) {
		t.Errorf("Run = %v, want %v", err, errFull)
	}
}

var errFull = errors.New("disk full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

// Over the rounds every mode is first equally often, and works stay together.
func TestRotateModes(t *testing.T) {
	rows := allRows(2, false)
	first := map[Mode]int{}
	for round := range 10 {
		all := rotateModes(rows, round)
		if len(all) != len(rows) {
			t.Fatalf("%d rows, want %d", len(all), len(rows))
		}
		if all[0].Work != workHash || all[5].Work != workCompress {
			t.Errorf("round %d begins with %s and goes on with %s, want hash and compress",
				round, all[0].Work, all[5].Work)
		}
		first[all[0].Mode]++
	}
	for _, m := range allModes {
		if first[m] != 2 {
			t.Errorf("%s is first in %d of 10 rounds, want 2", m, first[m])
		}
	}
}

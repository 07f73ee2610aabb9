package parallel

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestRefusals(t *testing.T) {
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

// A disk that is full ends the run: nothing more could be kept.
func TestFullDisk(t *testing.T) {
	p := small(t, Options{Rounds: 3}, ofHash(Serial))
	if err := p.Run(t.Context(), fullDisk{}); !errors.Is(err, errFull) {
		t.Errorf("Run = %v, want %v", err, errFull)
	}
}

var errFull = errors.New("disk full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

// Within a round no mode is always the first, and works stay together.
func TestTurned(t *testing.T) {
	rows := table(2, false)
	first := map[Mode]int{}
	for round := range 10 {
		all := turned(rows, round)
		if len(all) != len(rows) {
			t.Fatalf("%d rows, want %d", len(all), len(rows))
		}
		if all[0].Work != "hash" || all[5].Work != "compress" {
			t.Errorf("round %d: works are apart", round)
		}
		first[all[0].Mode]++
	}
	for _, m := range allModes {
		if first[m] != 2 {
			t.Errorf("%s is first in %d of 10 rounds, want 2", m, first[m])
		}
	}
}

package parallel

import (
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/machine"
)

func TestDisturbance(t *testing.T) {
	const wall = 200 * time.Millisecond
	alone := row{request: request{Mode: Goroutines, Workers: 2}, alone: true}
	free := row{request: request{Mode: ProcessPerTask, Workers: 2}}
	busy := func(cores float64) *sampled {
		return &sampled{Work: wall, Busy: time.Duration(cores * float64(wall))}
	}
	for name, test := range map[string]struct {
		row    row
		found  *sampled
		noise  map[string]float64
		server time.Duration
		want   string
	}{
		"quiet":                      {alone, busy(1.98), map[string]float64{"noise-foreign-cores": 0.05}, 0, ""},
		"nothing can be read":        {alone, busy(1), nil, 0, ""},
		"stolen":                     {alone, busy(1.98), map[string]float64{"noise-steal-cores": 0.1}, 0, "hypervisor"},
		"others":                     {free, busy(1), map[string]float64{"noise-foreign-cores": 0.5}, 0, "others used 0.50"},
		"within the error of ticks":  {free, busy(1), map[string]float64{"noise-foreign-cores": 0.29}, 0, ""},
		"the server's":               {free, busy(1), map[string]float64{"noise-foreign-cores": 0.5}, 80 * time.Millisecond, ""},
		"waited, and cores unused":   {alone, busy(1.5), map[string]float64{"noise-psi-cpu": 0.4}, 0, "1.50 of 2 cores"},
		"waited, but cores used":     {alone, busy(1.95), map[string]float64{"noise-psi-cpu": 0.4}, 0, ""},
		"unused, but nobody waited":  {alone, busy(1.2), map[string]float64{"noise-psi-cpu": 0.01}, 0, ""},
		"many threads wait for each": {free, busy(1.2), map[string]float64{"noise-psi-cpu": 0.9}, 0, ""},
	} {
		var noise []machine.Noise
		for unit, v := range test.noise {
			noise = append(noise, machine.Noise{Unit: unit, Value: v})
		}
		got := test.row.disturbance(test.found, noise, wall, test.server, 2)
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// What is inside at once is counted right where stays touch, overlap and nest.
func TestInsidePeak(t *testing.T) {
	for want, stays := range map[int][][2]int64{
		1: {{0, 5}, {5, 9}, {9, 12}},
		2: {{0, 5}, {4, 9}, {9, 12}},
		3: {{0, 20}, {1, 3}, {2, 4}, {3, 9}},
	} {
		var all []outcome
		for _, s := range stays {
			all = append(all, outcome{enter: s[0], leave: s[1]})
		}
		if got := insidePeak(all); got != want {
			t.Errorf("of %v %d were inside at once, want %d", stays, got, want)
		}
	}
}

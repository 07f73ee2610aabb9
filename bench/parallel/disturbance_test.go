package parallel

import (
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/machine"
)

// Each part of the rule is tried just above and just below its limit, and with noise that cannot be
// read.
func TestFindDisturbance(t *testing.T) {
	const wall = 200 * time.Millisecond
	fits := row{spec: spec{Mode: Goroutines, Workers: 2}, fitsCores: true}
	crowded := row{spec: spec{Mode: ProcessPerTask, Workers: 2}}
	busy := func(cores float64) *sampleResult {
		return &sampleResult{Work: wall, Busy: time.Duration(cores * float64(wall))}
	}
	for name, test := range map[string]struct {
		row    row
		result *sampleResult
		noise  map[string]float64
		server time.Duration
		want   string
	}{
		"quiet": {fits, busy(1.98),
			map[string]float64{"noise-foreign-cores": 0.05}, 0, ""},
		"noise cannot be read": {fits, busy(1), nil, 0, ""},
		"the hypervisor withheld a tenth of a core": {fits, busy(1.98),
			map[string]float64{"noise-steal-cores": 0.1}, 0, "hypervisor"},
		"other processes used half a core": {crowded, busy(1),
			map[string]float64{"noise-foreign-cores": 0.5}, 0, "other processes used 0.50"},
		"other processes, within the precision of ticks": {crowded, busy(1),
			map[string]float64{"noise-foreign-cores": 0.29}, 0, ""},
		"the foreign time is that of the HTTP server": {crowded, busy(1),
			map[string]float64{"noise-foreign-cores": 0.5}, 80 * time.Millisecond, ""},
		"threads waited and cores were unused": {fits, busy(1.5),
			map[string]float64{"noise-psi-cpu": 0.4}, 0, "1.50 of 2 cores"},
		"threads waited but cores were used": {fits, busy(1.95),
			map[string]float64{"noise-psi-cpu": 0.4}, 0, ""},
		"cores were unused but no thread waited": {fits, busy(1.2),
			map[string]float64{"noise-psi-cpu": 0.01}, 0, ""},
		"more threads than cores wait for each other": {crowded, busy(1.2),
			map[string]float64{"noise-psi-cpu": 0.9}, 0, ""},
	} {
		var noise []machine.Noise
		for unit, v := range test.noise {
			noise = append(noise, machine.Noise{Unit: unit, Value: v})
		}
		got := test.row.findDisturbance(test.result, noise, wall, test.server, 2)
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

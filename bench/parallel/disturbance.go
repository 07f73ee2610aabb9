package parallel

import (
	"fmt"
	"time"

	"github.com/semabench/semabench/internal/machine"
)

// The limits above which a sample is disturbed. They were chosen before any measurement: limits
// chosen afterwards would select the results that one likes. They detect disturbances that change
// a ratio of two modes by several per cent; smaller ones average out over the rounds.
const (
	// maxSteal is in cores. Steal time has no innocent cause: the hypervisor ran another guest
	// although a thread of this machine was runnable.
	maxSteal = 0.05

	// maxForeign is in cores. A machine that runs nothing else still has the kernel's own threads
	// and a few daemons.
	maxForeign = 0.10

	// tickError is added for each core. /proc/stat counts in ticks of 10 ms, and may count one too
	// many at each end of the sample. Short samples would fail by that alone.
	tickError = 20 * time.Millisecond

	// maxStalled is the share of the time in which some thread waited for a core. minBusy is the
	// share of the usable cores that was used. Only both together mean that another process had
	// the core: threads also wait for each other, and a mode may simply use few cores.
	maxStalled = 0.10
	minBusy    = 0.90

	// Retakes is how often a disturbed sample is retaken at most.
	Retakes       = 2
	retakePercent = 25 // of the samples of a round
)

// Rule says in words when a sample counts as disturbed, and what happens then. Texts of benchmarks
// and reports quote it.
var Rule = fmt.Sprintf("A sample is disturbed if, while its process ran, "+
	"one of three things happened. "+
	"The hypervisor withheld more than %v cores. "+
	"Other processes used more than %v cores, plus %v for each core, which is the precision of "+
	"the kernel's ticks. "+
	"The sample computes with no more threads than cores, its threads waited for a core more than "+
	"%.0f %% of the time, and it used less than %.0f %% of the cores that it has work for. "+
	"A disturbed sample is retaken at the end of its round, %d times at most. A round retakes no "+
	"more than %d %% of its samples, in the order in which they were taken. No sample is dropped.",
	maxSteal, maxForeign, tickError, maxStalled*100, minBusy*100, Retakes, retakePercent)

// findDisturbance returns what disturbed a sample, or "". The server argument is the processor time
// of the HTTP server during the sample: it works for the sample and is not foreign.
//
// A low use of cores alone is no disturbance. It may be a property of the mode, and retaking such
// samples would remove that property from the results.
//
// The cases are in the order of certainty: steal has one cause only, foreign time has few, and
// waiting threads may have several.
func (r row) findDisturbance(result *sampleResult, noise []machine.Noise, wall,
	server time.Duration, cores int) string {
	value := map[string]float64{} // noise that could not be read is 0, which disturbs nothing
	for _, n := range noise {
		value[n.Unit] = n.Value
	}
	foreign := value["noise-foreign-cores"]*wall.Seconds() - server.Seconds()
	allowed := maxForeign*wall.Seconds() + tickError.Seconds()*float64(cores)
	busy := result.Busy.Seconds() / max(result.Work.Seconds(), 1e-9)
	usable := float64(min(r.Workers, cores))
	if r.Mode == OneCore {
		usable = 1
	}
	switch {
	case value["noise-steal-cores"] > maxSteal:
		return fmt.Sprintf("the hypervisor withheld %.2f cores", value["noise-steal-cores"])
	case foreign > allowed:
		return fmt.Sprintf("other processes used %.2f cores", foreign/wall.Seconds())
	case r.fitsCores && value["noise-psi-cpu"] > maxStalled && busy < minBusy*usable:
		return fmt.Sprintf("threads waited for a core %.0f %% of the time, "+
			"and %.2f of %.0f cores were used", value["noise-psi-cpu"]*100, busy, usable)
	}
	return ""
}

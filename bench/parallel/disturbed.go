package parallel

import (
	"fmt"
	"time"

	"github.com/semabench/semabench/internal/machine"
)

// What makes a sample a disturbed one. The limits were chosen before anything was measured.
const (
	mostSteal   = 0.05                  // cores
	mostForeign = 0.10                  // cores
	tickError   = 20 * time.Millisecond // for each core: what /proc/stat may count too much, two ticks
	mostStalled = 0.10                  // of the time
	leastBusy   = 0.90                  // of the cores that a mode has work for

	// Retakes is how often a disturbed sample is taken again at most.
	Retakes       = 2
	retakePercent = 25 // of the samples of a round
)

// Rule says in words when a sample counts as disturbed, and what is done then.
var Rule = fmt.Sprintf("A sample is disturbed if, while its process ran, the hypervisor kept back more "+
	"than %v cores, or others used more than %v cores (and %v for each core, which is how exact the kernel's "+
	"ticks are), or, of computing on no more threads than cores, some thread waited for a core more than %.0f %% "+
	"of the time and less than %.0f %% of the cores were used that it has work for. It is taken again at the end "+
	"of its round, %d times at most, and not more than %d %% of the samples of a round, in the order of the "+
	"table; none is dropped.",
	mostSteal, mostForeign, tickError, mostStalled*100, leastBusy*100, Retakes, retakePercent)

// disturbance says what disturbed a sample, or nothing. Foreign time is without that of the server,
// which works for the sample. Low use alone is no disturbance: it may be the mode's own doing, and
// to take such samples again would be to choose the figures that one likes.
func (r row) disturbance(s *sampled, noise []machine.Noise, wall, server time.Duration, cores int) string {
	of := map[string]float64{} // what could not be read is 0: nobody has seen a disturbance
	for _, n := range noise {
		of[n.Unit] = n.Value
	}
	foreign := of["noise-foreign-cores"]*wall.Seconds() - server.Seconds()
	allowed := mostForeign*wall.Seconds() + tickError.Seconds()*float64(cores)
	busy := s.Busy.Seconds() / max(s.Work.Seconds(), 1e-9)
	wants := float64(min(r.Workers, cores))
	if r.Mode == OneCore {
		wants = 1
	}
	switch {
	case of["noise-steal-cores"] > mostSteal:
		return fmt.Sprintf("the hypervisor kept back %.2f cores", of["noise-steal-cores"])
	case foreign > allowed:
		return fmt.Sprintf("others used %.2f cores", foreign/wall.Seconds())
	case r.alone && of["noise-psi-cpu"] > mostStalled && busy < leastBusy*wants:
		return fmt.Sprintf("threads waited for a core %.0f %% of the time, and %.2f of %.0f cores were used",
			of["noise-psi-cpu"]*100, busy, wants)
	}
	return ""
}

package stress

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/semabench/semabench/impls"
)

var (
	seedFlag = flag.Uint64("stress.seed", 0,
		"play the random program of this seed, over and over; 0 means new programs each time")
	opsFlag = flag.Int64("stress.ops", defaultOps,
		"operations of random programs for each implementation")
)

const defaultOps = 100_000

// R1: programs of consecutive seeds until enough operations have been run. With -stress.seed it
// is one program all the time; its schedule differs from run to run.
func randomPrograms(impl impls.Impl, patience time.Duration) error {
	ops := *opsFlag
	if ops < 1 {
		return fmt.Errorf("-stress.ops=%d: want a number of operations from 1", ops)
	}
	seed, step := *seedFlag, uint64(0)
	if seed == 0 {
		seed, step = uint64(rand.Uint32())+1, 1
	}
	for ; ops > 0; seed += step {
		p := generate(seed)
		ops -= p.ops()
		if err := play(impl, patience, func(t *trial) { perform(t, p) }); err != nil {
			return failure{fmt.Sprintf("%v\n%v", err, p), seed}
		}
	}
	return nil
}

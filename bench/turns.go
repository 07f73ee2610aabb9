package bench

import "time"

// enoughTurns is how many operations each goroutine needs on average before latencies and fairness
// describe the semaphore. With one operation each, every goroutine has got exactly as much as any
// other, whichever was passed over; and the longest wait is the window itself.
//
// It is a mean and not the least over the goroutines. A goroutine that starves has no turn at all,
// and to wait for it would hide what jain exists to show.
const enoughTurns = 20

// aimedTurns is how many operations the recorded pass gives each goroutine. Time per operation
// varies, so that a pass which aims at enoughTurns exactly would miss it in half of the samples.
const aimedTurns = 22

// longestStretch is how many times the timed pass the recorded pass may last for the sake of turns.
// A thousand goroutines that each hold the only permit for 10 ms need 200 s. With
// a benchtime of 60 ms that is out of proportion, so the metrics are left out there. 64 requests of 1 ms on 4 permits
// need 352 ms, and have them even after a timed pass that took less than 60 ms.
//
// Only the recorded pass is stretched. The time per operation of the timed pass needs no turns: it
// is a mean over all goroutines, whichever of them worked.
const longestStretch = 8

// recordedOperations returns how many operations the recorded pass may perform after a timed pass of
// n operations. Its time limit usually ends it before.
func (c Case) recordedOperations(n int) int { return max(n, aimedTurns*c.Goroutines) }

// recordedTime returns how long the recorded pass may last after a timed pass of n operations: a
// quarter of that pass, or longer until each goroutine had its turns.
func (c Case) recordedTime(timed time.Duration, n int) time.Duration {
	turns := float64(timed) * float64(aimedTurns*c.Goroutines) / float64(n)
	return max(timed/4, time.Duration(min(turns, longestStretch*float64(timed))), 1)
}

// recordedEstimate predicts how much longer than a quarter of benchtime the recorded pass lasts, for
// a case whose holders wait for a resource: as many of them at once as there are permits. Other cases
// take some microseconds for an operation, and their turns fit.
func (c Case) recordedEstimate(benchtime time.Duration) time.Duration {
	turns := time.Duration(aimedTurns*c.Goroutines) * c.Latency / time.Duration(max(c.Permits, 1))
	return max(min(turns, longestStretch*benchtime)-benchtime/4, 0)
}

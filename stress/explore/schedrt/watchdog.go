package schedrt

import (
	"runtime"
	"time"
)

// StopAt has executions given up at a moment of real time, in the middle of a schedule, too: they
// are then Pruned, and TimeIsOver. The zero time means never.
func (e *Exec) StopAt(t time.Time) { e.stopAt = t }

// TimeIsOver reports whether the last execution was given up because of StopAt.
func (e *Exec) TimeIsOver() bool { return e.timeOver }

// timeEvery is how much work is done between two looks at the real clock: about a millisecond of it.
// A step is one, and so is a go statement.
const timeEvery = 1 << 12

// perCandidate is how many of the goroutines that pick asks are as much work as a step.
const perCandidate = 64

// isLate reports whether the execution is to be given up now.
//
// The real clock is asked rarely, since asking takes longer than a step. With ten thousand goroutines
// a step takes a hundred times as long, as pick goes through all of them, so steps alone do not count.
func (e *Exec) isLate() bool {
	e.work += 1 + len(e.able)/perCandidate
	return e.timeHasCome()
}

// timeHasCome looks at the real clock if there was enough work since the last look. When the time has
// come it gives the execution up.
func (e *Exec) timeHasCome() bool {
	if e.work < timeEvery {
		return false
	}
	e.work = 0
	if e.timeOver = !e.stopAt.IsZero() && !time.Now().Before(e.stopAt); e.timeOver && e.Outcome.Kind == Passed {
		e.Outcome = Outcome{Kind: Pruned}
	}
	return e.timeOver
}

// stallTime is how long a goroutine may run from one operation to the next. The slowest local code
// that was seen in the suites of examples/suites, under the race detector, takes about a second.
const stallTime = 10 * time.Second

// countStep tells the watchdog that there was a step. The counter is atomic, and is hidden from the
// race detector because it would order the steps of all goroutines.
func (e *Exec) countStep() {
	if e.closed == nil {
		return
	}
	raceDisable()
	e.steps.Add(1)
	raceEnable()
}

// watch is the watchdog: it calls Limits.OnStall when a controlled goroutine does not come to its
// next operation, because it loops without one or waits for something that is not under control. Go
// cannot end such a goroutine, so OnStall should end the process. watch runs in real time: the
// virtual clock stands still during a stall. On a machine with much else to do, ten seconds may give a
// goroutine less time than one does elsewhere, so the CPU time counts, too.
func (e *Exec) watch() {
	ticker := time.NewTicker(stallTime / 5)
	defer ticker.Stop()
	cpuTime := e.limits.CPUTime
	if began := time.Now(); cpuTime == nil {
		cpuTime = func() time.Duration { return time.Since(began) }
	}
	last, since, spent := e.steps.Load(), time.Now(), cpuTime()
	for {
		select {
		case <-e.closed:
			return
		case <-ticker.C:
		}
		switch steps := e.steps.Load(); {
		case steps != last || !e.playing.Load():
			last, since, spent = steps, time.Now(), cpuTime()
		case time.Since(since) > stallTime:
			stacks := make([]byte, 1<<20)
			n := runtime.Stack(stacks, true)
			e.limits.OnStall(string(stacks[:n]), cpuTime()-spent, time.Since(since))
		}
	}
}

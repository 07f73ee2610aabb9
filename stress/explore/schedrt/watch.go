package schedrt

import (
	"runtime"
	"time"
)

// deadline is how long a goroutine may run from one operation to the next.
const deadline = 10 * time.Second

// tick tells watch that there was a step. It must not order memory for the race detector.
func (e *Exec) tick() {
	if e.closed == nil {
		return
	}
	raceDisable()
	e.beat.Add(1)
	raceEnable()
}

// watch calls Limits.OnStall when a goroutine under control does not come to its next operation: it
// loops without one, or waits for something that is not under control. Nobody can end it, so OnStall
// should end the process.
func (e *Exec) watch() {
	tick := time.NewTicker(deadline / 5)
	defer tick.Stop()
	last, since := e.beat.Load(), time.Now()
	for {
		select {
		case <-e.closed:
			return
		case <-tick.C:
		}
		switch beat := e.beat.Load(); {
		case beat != last || !e.playing.Load():
			last, since = beat, time.Now()
		case time.Since(since) > deadline:
			stacks := make([]byte, 1<<20)
			e.limits.OnStall(string(stacks[:runtime.Stack(stacks, true)]))
			return
		}
	}
}

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// watch calls hangs once a process of package stress hangs, and returns when ctx is done.
//
// The time on the clock would not do as a measure. On a machine with other work a correct semaphore
// may need minutes, and would count as refuted. So a process hangs if it used o.limit of processor
// time, or if none of its threads ran or wanted to run for o.idle. Package stress itself says so after
// 30 seconds on the clock; the bound here only saves time.
//
// It polls, because /proc has no events. An interval is long enough that reading costs little, and
// short against both limits.
func (o options) watch(ctx context.Context, pid int, hangs func()) {
	const interval = 200 * time.Millisecond
	began := time.Now()
	moved, last := began, time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(interval):
		}
		used, runnable, ok := processorTime(pid)
		switch {
		// Without /proc only the clock is left. Four times the limit leaves room for another load.
		case !ok:
			if time.Since(began) > 4*o.limit {
				hangs()
			}
			continue
		case used > o.limit:
			hangs()
		// A thread that waits for a processor is not idle, it is slow. A tenth of an interval tells
		// work from the runtime's own housekeeping, which goes on in a process that hangs.
		case runnable || used > last+interval/10:
			moved = time.Now()
		case time.Since(moved) > o.idle:
			hangs()
		}
		last = used
	}
}

// tick is the unit of times in /proc on Linux. The kernel's USER_HZ is 100 on every system that Go
// supports, whatever its timer does.
const tick = 10 * time.Millisecond

// processorTime returns how long the threads of a process have run, and whether one of them runs or
// waits for a processor. The times of threads that have ended are lost here. The Go runtime seldom
// ends a thread, and a missing part only makes a process look idle for one interval.
func processorTime(pid int) (used time.Duration, runnable, ok bool) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		return 0, false, false
	}
	for _, path := range threads {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		// pid (name) state ppid …; the name may have blanks. utime and stime are the fields 14 and 15.
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) < 13 {
			continue
		}
		ok = true
		runnable = runnable || fields[0] == "R" || fields[0] == "D"
		var user, system int64
		if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err == nil {
			used += time.Duration(user+system) * tick
		}
	}
	return used, runnable, ok
}

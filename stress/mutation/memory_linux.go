package mutation

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// watchMemory kills each descendant of this process that uses more than a number of bytes, until end
// is called. end returns how much memory the last such process had, or 0.
//
// A limit of the kernel would be simpler, but RLIMIT_AS and RLIMIT_DATA count the shadow memory of the
// race detector, which is larger than any machine. A control group would be exact, and needs privileges that a
// user of go test does not have. A look at all processes takes some milliseconds, four times a second. In
// between a mutant may exceed the limit by as much as it allocates in a quarter of a second.
//
// The caller needs the result of end to name the reason of a failure. From the exit status alone, a process that was
// killed for its memory looks like any other that a signal ended.
func watchMemory(most int64) (end func() int64) {
	var killed atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	// Only this goroutine kills, and end waits for it. So no process is killed after end has returned, when
	// its number may belong to another process.
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(250 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
				for pid, used := range descendants() {
					if used > most && syscall.Kill(pid, syscall.SIGKILL) == nil {
						killed.Store(used)
					}
				}
			}
		}
	}()
	return func() int64 {
		close(stop)
		<-stopped
		return killed.Load()
	}
}

// descendants returns the processes that this process has started, directly or not, with the bytes of
// memory that each uses. A process that ends meanwhile is left out.
//
// The chain of parents decides and not the process group: a test may start its children in a group of their own.
// A process whose parent has died belongs to another parent and is missed. The time limit ends it with its group.
func descendants() map[int]int64 {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	parents, used := map[int]int{}, map[int]int64{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		text, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		// The second field is a name in brackets, which may have blanks and brackets in it.
		_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
		fields := strings.Fields(rest)
		// Fields 4 and 24 of proc(5), counted from the third. The kernel updates the second of the two late, by some
		// pages for each thread, which does not matter beside a limit of gigabytes.
		const parent, resident = 1, 21
		if len(fields) <= resident {
			continue
		}
		parents[pid], _ = strconv.Atoi(fields[parent])
		pages, _ := strconv.ParseInt(fields[resident], 10, 64)
		used[pid] = pages * int64(os.Getpagesize())
	}
	own := os.Getpid()
	for pid := range used {
		at := parents[pid]
		for at != own && at > 1 {
			at = parents[at]
		}
		if at != own {
			delete(used, pid)
		}
	}
	return used
}

package parallel

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Works returns the names of all works, in the order of tables.
func Works() (names []string) {
	for _, r := range allRows(1, false) {
		if !slices.Contains(names, r.Work) {
			names = append(names, r.Work)
		}
	}
	return names
}

// A row is a work in a mode and a size. A sample measures one row once.
//
// Everything about a row is fixed before the run. A row that adapted to what was measured would
// not be the same work in every round.
type row struct {
	spec
	fitsCores bool          // it never has more runnable threads than there are cores
	estimate  time.Duration // of one sample, on a quiet machine of two cores
}

// name returns the name of the row in benchmark text, without the name of the benchmark. Reports
// and the filters of users depend on these names. It leaves out parameters that do not apply, so a
// new parameter does not rename old rows.
func (r row) name() string {
	name := fmt.Sprintf("work=%s/mode=%s/workers=%d/permits=%d",
		r.Work, r.Mode, r.Workers, r.Permits)
	if r.Bytes > 0 {
		name += fmt.Sprintf("/bytes=%d", r.Bytes)
	}
	if r.Latency > 0 {
		name += "/latency=" + strings.ReplaceAll(r.Latency.String(), "µ", "u")
	}
	return name
}

// allRows returns the rows of one round. The modes of a work follow each other, so that they are
// measured within the same seconds.
func allRows(cores int, quick bool) (rows []row) {
	divisor := 1
	if quick {
		divisor = 2
	}
	addModes := func(work string, tasks, workers int, taskTime time.Duration, s spec) {
		for _, m := range allModes {
			s.Work, s.Mode, s.Tasks, s.Workers = work, m, tasks/divisor, workers
			s.Timed, s.Observed = true, true
			if m == Serial {
				s.Workers = 1
			}
			s.Permits = int64(s.Workers)
			rows = append(rows, newRow(s, cores, taskTime))
		}
	}
	// Hash and compress have a worker for each core, because more could not help. Workers of http
	// and files wait most of the time, so there are many more of them than cores.
	addModes(workHash, 64, cores, 3*time.Millisecond, spec{Bytes: 4 << 20})
	addModes(workCompress, 32, cores, 8*time.Millisecond, spec{Bytes: 128 << 10})
	addModes(workHTTP, 128, 32, 10*time.Millisecond, spec{Latency: 10 * time.Millisecond})
	addModes(workFiles, 256, 16, 2*time.Millisecond, spec{})
	rows = append(rows, grainRows(cores, divisor)...)
	rows = append(rows, messageRows(cores, divisor)...)
	return append(rows, limitRows(cores)...)
}

// newRow adds to a spec what follows from it. The task time is measured on a quiet machine.
func newRow(s spec, cores int, taskTime time.Duration) row {
	return row{s, s.fitsCores(cores), s.estimate(taskTime)}
}

// fitsCores reports whether a sample never has more runnable threads than cores. Only then does a
// thread that waits for a core mean that other processes disturbed the sample. In a pool with short
// tasks, the goroutines that hand out tasks run as well, so it does not qualify.
func (s spec) fitsCores(cores int) bool {
	// One runnable thread for each worker is the most that hash, compress and grain have.
	computes := s.Work == workHash || s.Work == workCompress ||
		s.Work == workGrain && s.Mode != Processes
	return computes && s.Workers <= cores && s.Mode != ProcessPerTask
}

// estimate returns the time of a sample: its process, the processes that it starts, and its tasks.
//
// The figures are for a progress line only. No limit and no verdict depends on them.
func (s spec) estimate(taskTime time.Duration) time.Duration {
	const process = 8 * time.Millisecond
	all := process + time.Duration(s.Tasks)*taskTime/time.Duration(s.Workers)
	switch s.Mode {
	case OneCore:
		if s.Latency == 0 { // tasks that compute take turns, tasks that wait do not
			all = process + time.Duration(s.Tasks)*taskTime
		}
	case Processes:
		all += process * time.Duration(s.Workers) / 2
	case ProcessPerTask:
		all += process * time.Duration(s.Tasks) / 2
	}
	return all
}

// grainRows have tasks from less than a microsecond to some milliseconds. Where the curve of a pool
// of processes crosses the curve of the serial mode, a task is just worth its message.
//
// A sample has about 10 ms of tasks, but at most 4096 of them, and few enough new processes: with
// more, the run would last minutes for the modes that lose anyway. The tasks are neither timed nor
// observed, because the clock readings would take as long as the shortest tasks.
func grainRows(cores, divisor int) (rows []row) {
	sizes := []int{1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20}
	for _, size := range sizes {
		for _, m := range []Mode{Serial, Goroutines, Processes, ProcessPerTask} {
			tasks := min(max(8*cores, 16<<20/size), 4096) / divisor
			if m == ProcessPerTask {
				tasks = min(tasks, 8*cores)
			}
			s := spec{Work: workGrain, Mode: m, Tasks: tasks, Workers: cores, Bytes: size}
			if m == Serial {
				s.Workers = 1
			}
			s.Permits = int64(s.Workers)
			rows = append(rows, newRow(s, cores, hashTime(size)))
		}
	}
	return rows
}

// hashTime estimates how long SHA-256 of the bytes takes: 1 ns for 2 bytes, which is 2 GB/s.
func hashTime(bytes int) time.Duration { return time.Duration(bytes) / 2 }

// messageRows send messages to one worker. Each task is timed, because its latency is the result.
func messageRows(cores, divisor int) (rows []row) {
	for _, m := range []struct{ size, tasks int }{
		{64, 4000}, {1 << 10, 2000}, {16 << 10, 1000}, {256 << 10, 200}, {1 << 20, 64},
		{4 << 20, 32},
	} {
		for _, mode := range []Mode{Goroutines, Processes} {
			s := spec{Work: workMessages, Mode: mode, Tasks: m.tasks / divisor,
				Workers: 1, Permits: 1, Bytes: m.size, Timed: true}
			rows = append(rows, newRow(s, cores, 20*time.Microsecond+copyTime(m.size)))
		}
	}
	return rows
}

// copyTime estimates how long writing the bytes to a pipe and reading them takes: 1 ns for 2 bytes.
func copyTime(bytes int) time.Duration { return time.Duration(bytes) / 2 }

// limitRows have ten workers that use a resource three times each. With ten permits, all ten
// workers must be seen at the resource at once. That shows that the sample could have seen a fourth
// worker where three are allowed.
func limitRows(cores int) (rows []row) {
	const workers, turns, stay = 10, 3, 2 * time.Millisecond
	for _, permits := range []int64{3, workers} {
		for _, m := range []Mode{OneCore, Goroutines, Processes, ProcessPerTask} {
			s := spec{Work: workLimit, Mode: m, Tasks: workers * turns, Workers: workers,
				Permits: permits, Latency: stay, Timed: true, Observed: true}
			rows = append(rows, newRow(s, cores, stay*workers/time.Duration(permits)))
		}
	}
	return rows
}

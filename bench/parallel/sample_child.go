package parallel

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/rusage"
	"github.com/semabench/semabench/internal/stats"
)

// This file is the process of a sample: it does all tasks of one row, and writes the result to its
// standard output.

// A sampleResult is everything that the process of a sample found. Its JSON form is the output of
// the process.
//
// It travels as JSON between two processes of one binary, so its names are no interface.
type sampleResult struct {
	Tasks int

	Startup time.Duration // until all workers were ready
	Work    time.Duration // from the first task to the end of the last one
	Wall    time.Duration // Startup, Work, and the end of all workers

	// All and Children are the usage during Wall. Children is a part of All.
	All, Children rusage.Usage

	// Busy is the processor time during Work, of the process and its children. For a process for
	// each task it includes their starts.
	Busy time.Duration

	Peak         int64         // resident memory in bytes; 0 if the system does not report it
	ProcessStart time.Duration // median over the children; 0 without children

	// TaskP50 and TaskP99 count from handing out a task. They are 0 if tasks were not timed.
	TaskP50, TaskP99 time.Duration

	InsidePeak int // most tasks between Acquire and Release; 0 if tasks were not observed
	Checksum   uint32
	Spans      []Span // stays at the resource, of the work limit
}

// A Span is a stay of a worker at the resource. Enter and Leave are nanoseconds since the first
// stay of the sample began.
type Span struct {
	Worker       int // from 0
	Enter, Leave int64
}

// serveSample takes a sample and prints its result. The process also ends when its standard input
// does: the runner holds the other end of that pipe, and closes it by dying.
func (s spec) serveSample(table []impls.Impl) error {
	lifeline := child.Stdin()
	go func() {
		_, _ = io.Copy(io.Discard, lifeline)
		s.removeLeftover()
		os.Exit(1) // this closes the standard input of the workers, and they end too
	}()
	// Let the goroutine reach its read, where it gives the core back, before anything is measured.
	runtime.Gosched()
	// Only the result goes to standard output; the runner takes any other output as a sign that the
	// program does not call ChildMain.
	result, err := s.sample(table)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

// An executor does the tasks of one sample in one mode. Three methods separate start-up, steady
// state and end, because modes differ in where their time goes: a pool of processes starts slowly,
// and a process for each task has no steady state without starts.
//
// Its methods are called once each, in this order, by one goroutine. stop is called after an error
// too.
type executor interface {
	start() error            // does everything that precedes the first task
	run(all []outcome) error // does task i and stores its outcome in all[i], for each i
	stop() (childUsage, error)
}

// newExecutor returns the executor of a mode. Serial, OneCore and Goroutines differ only in the
// number of workers and in GOMAXPROCS.
func newExecutor(s spec, table []impls.Impl) (executor, error) {
	switch s.Mode {
	case Serial, OneCore, Goroutines:
		return &goroutineExecutor{spec: s, table: table}, nil
	case Processes:
		return &processPool{spec: s}, nil
	case ProcessPerTask:
		return &processStarter{spec: s}, nil
	}
	return nil, fmt.Errorf("unknown mode %q", s.Mode)
}

// sample measures the start-up, the steady state and the end separately. Mixing them would make
// the ratio of two modes depend on the number of tasks.
//
// Usage is also read when all is ready: work before the first task is not the price of a task.
func (s spec) sample(table []impls.Impl) (result sampleResult, err error) {
	x, err := newExecutor(s, table)
	if err != nil {
		return result, err
	}
	// Wall time and usage start here, inside the process: the start of this process itself belongs
	// to no mode.
	began, before := time.Now(), rusage.Self()
	all := make([]outcome, s.Tasks)
	var ready, finished rusage.Usage
	if err = x.start(); err == nil {
		result.Startup = time.Since(began)
		runtime.GC() // otherwise garbage of the start-up would be collected during the tasks
		ready = rusage.Self()
		workBegan := time.Now()
		err = x.run(all)
		result.Work, finished = time.Since(workBegan), rusage.Self()
	}
	children, stopErr := x.stop()
	if err == nil { // after an earlier error, stopErr is a consequence of it
		err = stopErr
	}
	if err != nil {
		return result, err
	}
	result.Wall = time.Since(began)
	result.Tasks, result.Children = s.Tasks, children.all
	result.All = rusage.Self().Minus(before).Plus(children.all)
	result.Busy = finished.Minus(ready).Plus(children.steady).CPU()
	result.Peak = rusage.PeakMemory() + children.peak
	result.ProcessStart = stats.UpperMedian(children.startup)
	result.summarise(s, all)
	return result, nil
}

// summarise fills in the fields that come from the outcomes of the tasks.
func (result *sampleResult) summarise(s spec, all []outcome) {
	result.Checksum = combinedChecksum(all)
	if s.Timed {
		var took []time.Duration
		for _, o := range all {
			took = append(took, time.Duration(o.took))
		}
		// With fewer than 100 tasks, the 99th percentile is the longest task.
		slices.Sort(took)
		result.TaskP50, result.TaskP99 = took[len(took)/2], took[len(took)*99/100]
	}
	if s.Observed {
		result.InsidePeak = insidePeak(all)
	}
	if s.Work == workLimit {
		result.Spans = spans(all)
	}
}

// insidePeak returns the largest number of tasks that were inside at once. It sorts all entries and
// exits by time, and counts along that order.
//
// A task that left at the instant at which another one entered does not overlap it: the clock has
// ticks, and a permit may change hands within one.
//
// Counting entries as they happen would need an atomic counter in every task, which would order
// the workers and change what is measured.
func insidePeak(all []outcome) (peak int) {
	type event struct {
		at     int64
		change int // +1 for entering, -1 for leaving
	}
	var events []event
	for _, o := range all {
		events = append(events, event{o.enter, 1}, event{o.leave, -1})
	}
	slices.SortFunc(events, func(a, b event) int {
		if a.at != b.at {
			return int(max(-1, min(1, a.at-b.at)))
		}
		return a.change - b.change // leaving first
	})
	inside := 0
	for _, e := range events {
		inside += e.change
		peak = max(peak, inside)
	}
	return peak
}

// spans returns the stays relative to the first one.
func spans(all []outcome) (list []Span) {
	first := all[0].enter
	for _, o := range all {
		first = min(first, o.enter)
	}
	for _, o := range all {
		list = append(list, Span{o.worker, o.enter - first, o.leave - first})
	}
	return list
}

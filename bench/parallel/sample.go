package parallel

import (
	"encoding/json"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/semabench/semabench/impls"
)

// A sampled is what one sample found, all times in nanoseconds.
type sampled struct {
	Tasks            int
	Startup, Work    time.Duration
	Wall             time.Duration
	All, Children    usage         // of the whole sample, Children being part of All
	Busy             time.Duration // processor time in steady state
	Peak             int64         // bytes
	ProcessStart     time.Duration // median; 0 without processes
	TaskP50, TaskP99 time.Duration // 0 if not timed
	InsidePeak       int           // 0 if not observed
	Checksum         uint32
	Spans            []Span // of the work limit
}

// A Span is a stay at the resource, in nanoseconds since the first one began.
type Span struct {
	Worker       int
	Enter, Leave int64
}

// serveSample is the process of a sample. It ends with its standard input: whoever waits for the sample
// holds the other end.
func (r request) serveSample(table []impls.Impl) error {
	held := lifeline()
	go func() {
		_, _ = io.Copy(io.Discard, held)
		r.sweep()
		os.Exit(1) // the inputs of workers end with this process, and so do they
	}()
	runtime.Gosched() // it waits now, and has given this core back
	s, err := r.sample(table)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}

func (r request) sample(table []impls.Impl) (s sampled, err error) {
	t, err := newTeam(r, table)
	if err != nil {
		return s, err
	}
	began, before := time.Now(), ownUsage()
	all := make([]outcome, r.Tasks)
	var ready, finished usage
	if err = t.start(); err == nil {
		s.Startup = time.Since(began)
		runtime.GC() // of what was needed to become ready
		ready = ownUsage()
		at := time.Now()
		err = t.work(all)
		s.Work, finished = time.Since(at), ownUsage()
	}
	children, stopped := t.stop()
	if err == nil { // else the end of the others only followed
		err = stopped
	}
	if err != nil {
		return s, err
	}
	s.Wall = time.Since(began)
	s.Tasks, s.Children = r.Tasks, children.all
	s.All = ownUsage().minus(before).plus(children.all)
	s.Busy = finished.minus(ready).plus(children.steady).cpu()
	s.Peak, s.ProcessStart = peakMemory()+children.peak, median(children.startup)
	s.observe(r, all)
	return s, nil
}

func (s *sampled) observe(r request, all []outcome) {
	s.Checksum = together(all)
	if r.Timed {
		var took []time.Duration
		for _, o := range all {
			took = append(took, time.Duration(o.took))
		}
		slices.Sort(took)
		s.TaskP50, s.TaskP99 = took[len(took)/2], took[len(took)*99/100]
	}
	if r.Observed {
		s.InsidePeak = insidePeak(all)
	}
	if r.Work == limiting {
		s.Spans = spans(all)
	}
}

// insidePeak is how many were inside at once. Who left at the instant at which another one entered
// was not there with it: a permit may be handed over between two ticks of the clock.
func insidePeak(all []outcome) (peak int) {
	type step struct {
		at   int64
		more int
	}
	var steps []step
	for _, o := range all {
		steps = append(steps, step{o.enter, 1}, step{o.leave, -1})
	}
	slices.SortFunc(steps, func(a, b step) int {
		if a.at != b.at {
			return int(max(-1, min(1, a.at-b.at)))
		}
		return a.more - b.more
	})
	now := 0
	for _, s := range steps {
		now += s.more
		peak = max(peak, now)
	}
	return peak
}

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

func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

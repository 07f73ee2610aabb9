package parallel

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Options are what Run measures. The zero value is the default run.
type Options struct {
	Works   []string // names; nil means all of Works()
	Rounds  int      // samples of each row; 0 means 9, with Quick 6
	Quick   bool     // half the tasks of each sample
	Impl    string   // semaphore of goroutines, of those that ChildMain was given; "" means weighted
	Process string   // semaphore of processes, see ProcessSemaphores; "" means the first that works
	Dir     string   // where the file to read is made; "" means the folder for temporary files
	Seed    uint64   // of what is hashed, read and sent; 0 means 1

	// Progress is told how far it is, in whole lines. nil means nobody.
	Progress func(line string)

	// Timeline is given who was at the resource when, of each sample of the work limit. nil means nobody.
	Timeline func(row string, spans []Span)
}

// Works returns the names of all works, in the order of tables.
func Works() (names []string) {
	for _, w := range table(1, false) {
		if !slices.Contains(names, w.Work) {
			names = append(names, w.Work)
		}
	}
	return names
}

// Of six paired samples, the least and the greatest are an interval of 97 % for the median; fewer
// have none of 95 %. Nine leave out one on either side.
const (
	fewestRounds  = 6
	defaultRounds = 9
	mostRounds    = 1000
)

// Most cores that a machine is taken to have, as each is a process.
const mostCores = 64

var allModes = []Mode{Serial, OneCore, Goroutines, Processes, ProcessPerTask}

// A row is what one sample measures.
type row struct {
	request
	alone bool          // it runs no more threads at once than there are cores
	guess time.Duration // of a sample on a quiet machine of two cores
}

// name is that of the row in benchmark text, without what all rows have in common.
func (r row) name() string {
	name := fmt.Sprintf("work=%s/mode=%s/workers=%d/permits=%d", r.Work, r.Mode, r.Workers, r.Permits)
	if r.Bytes > 0 {
		name += fmt.Sprintf("/bytes=%d", r.Bytes)
	}
	if r.Latency > 0 {
		name += "/latency=" + strings.ReplaceAll(r.Latency.String(), "µ", "u")
	}
	return name
}

// table is the rows of one round, modes of the same work beside each other.
func table(cores int, quick bool) (rows []row) {
	less := 1
	if quick {
		less = 2
	}
	crew := func(work string, tasks, workers int, task time.Duration, r request) {
		for _, m := range allModes {
			r.Work, r.Mode, r.Tasks, r.Workers = work, m, tasks/less, workers
			r.Timed, r.Observed = true, true
			if m == Serial {
				r.Workers = 1
			}
			r.Permits = int64(r.Workers)
			rows = append(rows, row{r, alone(r, cores), guess(r, task)})
		}
	}
	crew("hash", 64, cores, 3*time.Millisecond, request{Bytes: 4 << 20})
	crew("compress", 32, cores, 8*time.Millisecond, request{Bytes: 128 << 10})
	crew("http", 128, 32, 10*time.Millisecond, request{Latency: 10 * time.Millisecond})
	crew("files", 256, 16, 2*time.Millisecond, request{})
	rows = append(rows, grains(cores, less)...)
	rows = append(rows, messages(less)...)
	return append(rows, tenWorkers()...)
}

// alone is not for a pool with short tasks: who hands them out runs as well.
func alone(r request, cores int) bool {
	long := r.Work == "hash" || r.Work == "compress"
	return (long || r.Work == "grain" && r.Mode != Processes) &&
		r.Workers <= cores && r.Mode != ProcessPerTask
}

// guess is what a sample takes: its process, those that it starts, its tasks.
func guess(r request, task time.Duration) time.Duration {
	const process = 8 * time.Millisecond
	all := process + time.Duration(r.Tasks)*task/time.Duration(r.Workers)
	switch r.Mode {
	case OneCore:
		if r.Latency == 0 {
			all = process + time.Duration(r.Tasks)*task
		}
	case Processes:
		all += process * time.Duration(r.Workers) / 2
	case ProcessPerTask:
		all += process * time.Duration(r.Tasks) / 2
	}
	return all
}

// grains are tasks from less than a microsecond to some milliseconds. A sample has about 10 ms of
// them, but not so many messages or processes that one would wait for those.
func grains(cores, less int) (rows []row) {
	for _, size := range []int{1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20} {
		for _, m := range []Mode{Serial, Goroutines, Processes, ProcessPerTask} {
			tasks := min(max(8*cores, 16<<20/size), 4096) / less
			if m == ProcessPerTask {
				tasks = min(tasks, 8*cores)
			}
			r := request{Work: "grain", Mode: m, Tasks: tasks, Workers: cores, Bytes: size}
			if m == Serial {
				r.Workers = 1
			}
			r.Permits = int64(r.Workers)
			rows = append(rows, row{r, alone(r, cores), guess(r, time.Duration(size)/2)})
		}
	}
	return rows
}

func messages(less int) (rows []row) {
	for _, m := range []struct{ size, tasks int }{
		{64, 4000}, {1 << 10, 2000}, {16 << 10, 1000}, {256 << 10, 200}, {1 << 20, 64}, {4 << 20, 32},
	} {
		for _, mode := range []Mode{Goroutines, Processes} {
			r := request{Work: handing, Mode: mode, Tasks: m.tasks / less, Workers: 1, Permits: 1,
				Bytes: m.size, Timed: true}
			rows = append(rows, row{r, false, guess(r, 20*time.Microsecond+time.Duration(m.size)/2)})
		}
	}
	return rows
}

// tenWorkers use a resource three times each. Without a limit all ten are there at once, or the sample
// could not have seen a fourth one where three are allowed.
func tenWorkers() (rows []row) {
	const workers, turns, stay = 10, 3, 2 * time.Millisecond
	for _, permits := range []int64{3, workers} {
		for _, m := range []Mode{OneCore, Goroutines, Processes, ProcessPerTask} {
			r := request{Work: limiting, Mode: m, Tasks: workers * turns, Workers: workers,
				Permits: permits, Latency: stay, Timed: true, Observed: true}
			rows = append(rows, row{r, false, guess(r, stay*workers/time.Duration(permits))})
		}
	}
	return rows
}

// An Experiment is what Run is going to do.
type Experiment struct {
	options  Options
	cores    int
	rows     []row
	patience time.Duration // with a sample
}

// Experiment checks o, and says what is wrong with it.
func (o Options) Experiment() (*Experiment, error) {
	switch {
	case o.Rounds == 0 && o.Quick:
		o.Rounds = fewestRounds
	case o.Rounds == 0:
		o.Rounds = defaultRounds
	case o.Rounds < 1 || o.Rounds > mostRounds:
		return nil, fmt.Errorf("%d rounds: want 1 to %d", o.Rounds, mostRounds)
	}
	if o.Impl == "" {
		o.Impl = "weighted"
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Process != "" {
		if _, err := sharedKind(o.Process); err != nil {
			return nil, err
		}
	}
	p := &Experiment{options: o, cores: min(runtime.GOMAXPROCS(0), mostCores), patience: longestSample}
	for _, name := range o.Works {
		if !slices.Contains(Works(), name) {
			return nil, fmt.Errorf("unknown work %q; known are %s", name, strings.Join(Works(), ", "))
		}
	}
	for _, r := range table(p.cores, o.Quick) {
		if o.Works == nil || slices.Contains(o.Works, r.Work) {
			p.rows = append(p.rows, r)
		}
	}
	return p, nil
}

// Samples returns how many samples are planned, without those that are taken again.
func (p *Experiment) Samples() int { return len(p.rows) * p.options.Rounds }

// Estimate says how long it takes on a quiet machine of two cores, and at most if disturbed samples
// are taken again.
func (p *Experiment) Estimate() (quiet, most time.Duration) {
	for _, r := range p.rows {
		quiet += r.guess
	}
	quiet *= time.Duration(p.options.Rounds)
	return quiet, quiet * (100 + retakePercent) / 100
}

// String says what is planned.
func (p *Experiment) String() string {
	quiet, most := p.Estimate()
	return fmt.Sprintf("%d rounds of %d samples, each in a process of its own: about %v on a quiet machine; "+
		"where disturbed samples are taken again, up to a quarter more of them, about %v",
		p.options.Rounds, len(p.rows), quiet.Round(time.Second), most.Round(time.Second))
}

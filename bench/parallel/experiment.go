package parallel

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/internal/spelling"
)

// Options say what Run measures. The zero value is the default run.
//
// A zero value is a run that decides something: its defaults give intervals.
type Options struct {
	// Works are names of works. nil means all, see the function Works.
	Works []string

	// Rounds is the number of samples of each row, from 1 to 1000. 0 means 9, and 6 with Quick.
	Rounds int

	// Quick halves the tasks in each sample.
	Quick bool

	// Impl is the semaphore of goroutines, a name in the table given to ChildMain. "" means
	// weighted.
	Impl string

	// Process is the semaphore of processes, a name from ProcessSemaphores. "" means the first of
	// them that works on this system.
	Process string

	// Dir is the folder for the file that the work files reads, 32 MiB. "" means the folder for
	// temporary files, which may be in memory: then the work waits for nothing.
	Dir string

	// Seed decides the bytes that are hashed, compressed, read and sent. 0 means 1.
	Seed uint64

	// Progress is called with one line of text after each round. It may be nil.
	Progress func(line string)

	// Timeline is called for each sample of the work limit that is not retaken, with the stays of
	// all workers at the resource. It may be nil.
	Timeline func(row string, spans []Span)
}

// A median of paired samples needs enough of them for an interval. Of 6 samples, the least and the
// greatest are an interval of 97 % for the median (1 - 2/2^6); 5 samples have none of 95 %. Of 9
// samples, the second and the eighth are an interval of 96 %, so one outlier on each side does not
// widen it.
const (
	quickRounds   = 6
	defaultRounds = 9
	maxRounds     = 1000
)

// maxCores bounds the worker processes of a sample on very large machines.
const maxCores = 64

// sampleTimeout is far above the time of any sample, so only a sample that is stuck reaches it.
const sampleTimeout = time.Minute

// An Experiment holds checked options and the rows that they select. Nothing has been started or
// written yet, so a program can show what Run is going to do, and for how long, before it begins.
type Experiment struct {
	options Options
	cores   int
	rows    []row
	timeout time.Duration // after which a sample is considered stuck
}

// Experiment checks the options, and returns an error that names the first wrong one.
//
// The semaphore of goroutines is not checked here, because its table is known to ChildMain only;
// the first sample reports an unknown name.
func (o Options) Experiment() (*Experiment, error) {
	switch {
	case o.Rounds == 0 && o.Quick:
		o.Rounds = quickRounds
	case o.Rounds == 0:
		o.Rounds = defaultRounds
	case o.Rounds < 1 || o.Rounds > maxRounds:
		return nil, fmt.Errorf("%d rounds: want 1 to %d", o.Rounds, maxRounds)
	}
	if o.Impl == "" {
		o.Impl = "weighted"
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Process != "" {
		if _, err := findProcessSemaphore(o.Process); err != nil {
			return nil, err
		}
	}
	e := &Experiment{options: o, timeout: sampleTimeout,
		cores: min(runtime.GOMAXPROCS(0), maxCores)}
	for _, name := range o.Works {
		if !slices.Contains(Works(), name) {
			return nil, fmt.Errorf("unknown work %q%s; known are %s", name, spelling.Suggest(name, Works(), ""),
				strings.Join(Works(), ", "))
		}
	}
	// The order of the table wins over the order in Options.Works: texts of the same works then
	// have the same order of rows.
	for _, r := range allRows(e.cores, o.Quick) {
		if o.Works == nil || slices.Contains(o.Works, r.Work) {
			e.rows = append(e.rows, r)
		}
	}
	return e, nil
}

// Samples returns the number of samples, without retaken ones.
func (e *Experiment) Samples() int { return len(e.rows) * e.options.Rounds }

// Estimate returns how long Run takes on a quiet machine of two cores: without retaken samples, and
// with as many as the rule allows.
//
// It is of two cores: more cores shorten the works that compute, and the user then waits less
// than was said.
func (e *Experiment) Estimate() (quiet, most time.Duration) {
	for _, r := range e.rows {
		quiet += r.estimate
	}
	quiet *= time.Duration(e.options.Rounds)
	return quiet, quiet * (100 + retakePercent) / 100
}

// String says what Run is going to do, and for how long.
func (e *Experiment) String() string {
	quiet, most := e.Estimate()
	return fmt.Sprintf("%s of %d samples, each in a process of its own: "+
		"about %v on a quiet machine; if disturbed samples are retaken, "+
		"up to a quarter more of them, about %v",
		plural.Of(e.options.Rounds, "round"), len(e.rows), quiet.Round(time.Second), most.Round(time.Second))
}

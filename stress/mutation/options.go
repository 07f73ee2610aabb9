package mutation

import (
	"fmt"
	"time"

	"github.com/semabench/semabench/stress/explore"
)

// Options say what to mutate, and for how long each mutant is judged.
type Options struct {
	Dir     string // where the go command runs; "" is the working folder
	Package string // anything that go test takes for one package of the user's modules
	Run     string // pattern of the tests that judge, as of go test -run; "" is all
	Tags    string // build tags, separated by commas
	Race    bool   // judge with the race detector, natively and explored

	// Time bounds each of the two judgements of a mutant: its tests may run for so long beyond twice the
	// time of the original, and are explored for so long in total. 0 means 5 s.
	Time time.Duration

	// Within bounds the whole run. The mutants that are not judged by then are named in the report, and the run is
	// unknown or failed, never a pass. 0 means no bound.
	Within time.Duration
	// Judged is a file that keeps each verdict as soon as it is known. A run that finds verdicts there of the same
	// code, tests and options takes them, and judges the other mutants only. "" keeps nothing.
	Judged string

	Memory int64    // bytes that a process of a mutant may use; 0 means 2 GB
	Sample int      // judge so many mutants, drawn by Seed; 0 means all
	Seed   uint64   // of the sample, and of the schedules that are drawn; 0 means 1
	Only   []string // judge the mutants with these IDs; nil means all

	Explore explore.Options // further options of the explorer; its Time and Seed are replaced

	// Suite is a folder with the source of this suite. A module that does not require the suite is
	// explored in a workspace with this folder. It may be "" if the module requires the suite.
	Suite string

	Command  string                // begins the command that plays a mutant again
	OnMutant func(*Report, Mutant) // called with each result as soon as it is known; may be nil
	OnStep   func(what string)     // called before each step that takes time; may be nil
}

// The defaults. At 2*defaultTime each, 360 mutants are judged in an hour, and most are noticed much sooner.
// defaultMemory is far above the memory of ordinary tests, even under the race detector, which multiplies it
// by 5 to 10, and below the memory of a small CI machine.
const (
	defaultTime   = 5 * time.Second
	defaultMemory = 2 << 30 // bytes
)

// setDefaults replaces zero fields. A seed of 0 becomes 1 and not a drawn one: a run without flags is repeatable.
func (o *Options) setDefaults() {
	if o.Time == 0 {
		o.Time = defaultTime
	}
	if o.Memory == 0 {
		o.Memory = defaultMemory
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Command == "" {
		o.Command = "semabench explore -mutate"
	}
}

// A run is one call of Run.
type run struct {
	Options
	target  *target
	scratch string   // temporary: binaries, overlays, mutated files
	env     []string // for the go command when it builds for the explorer
	report  *Report
	judged  *judgedFile // nil if no verdicts are kept

	original string // test binary of the original; known after judgeOriginal

	limit time.Duration // of a native run of a mutant
	tests []string      // names of the tests that judge when explored
}

func (r *run) step(format string, args ...any) {
	if r.OnStep != nil {
		r.OnStep(fmt.Sprintf(format, args...))
	}
}

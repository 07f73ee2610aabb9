package parallel

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/benchkey"
	"github.com/semabench/semabench/internal/machine"
)

// The states of samples in the text: values of the configuration key sample.
const (
	stateClean     = "clean"
	stateRetaken   = "retaken"   // disturbed, and another sample of the row follows
	stateDisturbed = "disturbed" // and no other sample of the row follows
)

// The text is in the Go benchmark format, so that benchstat reads it and reports can evaluate it
// later. Everything a reader may want to compare goes into it; only the timelines of workers do not
// fit, and Options.Timeline receives them.

// A metric is a unit of the text besides ns/op.
//
// known tells a measured 0 from a value that this system does not report.
type metric struct {
	unit   string
	better string // direction for the Unit line; "" if none is better
	value  func(r *sampleResult) float64
	known  func(r *sampleResult) bool // nil: always
}

// metrics are in the order of the columns of the text.
//
// Three of them have no direction. More use of cores is better only if the work is done sooner, and
// ns/op says that. The peak inside must equal the permits, and all checksums must be equal.
var metrics = []metric{
	{"startup-ns", "lower", func(r *sampleResult) float64 { return ns(r.Startup) }, nil},
	{"process-start-ns", "lower", func(r *sampleResult) float64 { return ns(r.ProcessStart) },
		func(r *sampleResult) bool { return r.ProcessStart > 0 }},
	{"wall-ns", "lower", func(r *sampleResult) float64 { return ns(r.Wall) }, nil},
	{"user-ns/op", "lower",
		func(r *sampleResult) float64 { return r.perTask(ns(r.All.User)) }, nil},
	{"sys-ns/op", "lower",
		func(r *sampleResult) float64 { return r.perTask(ns(r.All.System)) }, nil},
	{"child-cpu-ns/op", "lower",
		func(r *sampleResult) float64 { return r.perTask(ns(r.Children.CPU())) },
		func(r *sampleResult) bool { return r.Children.CPU() > 0 }},
	{"cpu/wall", "", func(r *sampleResult) float64 { return ns(r.Busy) / ns(r.Work) },
		func(r *sampleResult) bool { return r.Work > 0 }},
	{"vcsw/op", "lower",
		func(r *sampleResult) float64 { return r.perTask(float64(r.All.Voluntary)) },
		func(r *sampleResult) bool { return r.All.Voluntary >= 0 }},
	{"ivcsw/op", "lower",
		func(r *sampleResult) float64 { return r.perTask(float64(r.All.Involuntary)) },
		func(r *sampleResult) bool { return r.All.Involuntary >= 0 }},
	{"peak-B", "lower", func(r *sampleResult) float64 { return float64(r.Peak) },
		func(r *sampleResult) bool { return r.Peak > 0 }},
	{"task-p50-ns", "lower", func(r *sampleResult) float64 { return ns(r.TaskP50) },
		func(r *sampleResult) bool { return r.TaskP50 > 0 }},
	{"task-p99-ns", "lower", func(r *sampleResult) float64 { return ns(r.TaskP99) },
		func(r *sampleResult) bool { return r.TaskP99 > 0 }},
	{"inside-peak", "", func(r *sampleResult) float64 { return float64(r.InsidePeak) },
		func(r *sampleResult) bool { return r.InsidePeak > 0 }},
	{"checksum", "", func(r *sampleResult) float64 { return float64(r.Checksum) }, nil},
}

// ns returns the number of nanoseconds.
func ns(d time.Duration) float64 { return float64(d) }

// perTask divides by the number of tasks, and not of samples, so that runs with Quick compare.
func (r *sampleResult) perTask(sum float64) float64 { return sum / float64(max(r.Tasks, 1)) }

// header returns the lines before the first sample: configuration that all samples share, the
// units, and the rule for disturbed samples. The rule is a comment and no configuration: it is the
// same in all texts of a version, so no table should be split by it.
func (m *runner) header() string {
	var text strings.Builder
	writeKey := func(key string, value any) { fmt.Fprintf(&text, "%s: %v\n", key, value) }
	writeKey(benchkey.GOOS, runtime.GOOS)
	writeKey(benchkey.GOARCH, runtime.GOARCH)
	writeKey(benchkey.Pkg, "github.com/semabench/semabench/bench/parallel")
	facts := machine.Read()
	facts.GOMAXPROCS = 0        // leave it out: it differs between modes
	_, _ = facts.WriteTo(&text) // a strings.Builder never fails
	writeKey(benchkey.Cores, m.cores)
	writeKey(benchkey.Order, "interleaved")
	writeKey(benchkey.Semaphore, m.options.Impl)
	writeKey(benchkey.ProcessSemaphore, m.semaphore.name)
	writeKey(benchkey.Seed, m.options.Seed)
	writeKey(benchkey.Rounds, m.options.Rounds)
	writeKey(benchkey.Priority, machine.Priority())
	if m.file.How != "" {
		writeKey(benchkey.Files, m.file.How)
	}
	for _, u := range metrics {
		if u.better != "" {
			fmt.Fprintf(&text, "Unit %s better=%s\n", u.unit, u.better)
		}
	}
	fmt.Fprintf(&text, "# rule: %s\n", Rule)
	return text.String()
}

// line returns a sample as a line of benchmark text. The number of iterations is the number of
// tasks. A metric that is not known here is left out: 0 would look like a measurement.
//
// benchfmt converts units that end in ns to seconds.
func (s sample) line() string {
	var text strings.Builder
	fmt.Fprintf(&text, "BenchmarkParallel/%s\t%d\t%.1f ns/op", s.name(), s.result.Tasks,
		s.result.perTask(ns(s.result.Work)))
	for _, u := range metrics {
		if u.known == nil || u.known(s.result) {
			fmt.Fprintf(&text, "\t%s %s", formatValue(u.value(s.result)), u.unit)
		}
	}
	for _, n := range s.noise {
		fmt.Fprintf(&text, "\t%.3f %s", n.Value, n.Unit)
	}
	return text.String() + "\n"
}

// formatValue keeps all digits of whole numbers, such as checksums, and four decimals of others.
func formatValue(v float64) string {
	if v == float64(int64(v)) {
		return fmt.Sprint(int64(v))
	}
	return fmt.Sprintf("%.4f", v)
}

// write appends a sample to the text. A configuration line with the state precedes it if the state
// is not the state of the previous sample.
//
// A retaken sample is in the text like any other. Its state keeps it out of the comparison, and
// its figures show what a disturbance does.
func (m *runner) write(s sample, state string) error {
	text := s.line()
	if state != m.lastState {
		m.lastState = state
		text = benchkey.Sample + ": " + state + "\n" + text
	}
	if s.disturbance != "" {
		text = fmt.Sprintf("# %s: %s: %s\n", state, s.name(), s.disturbance) + text
	}
	if _, err := io.WriteString(m.text, text); err != nil {
		return fmt.Errorf("writing a sample: %w", err)
	}
	if m.options.Timeline != nil && s.result.Spans != nil && state != stateRetaken {
		m.options.Timeline(s.name(), s.result.Spans)
	}
	return nil
}

package parallel

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/semabench/semabench/internal/machine"
)

// metrics are the units of the text, in the order of its columns.
var metrics = []struct {
	unit  string
	line  string // of Unit: what is better, or that all are the same
	value func(s *sampled) (v float64, known bool)
}{
	{"startup-ns", "better=lower", func(s *sampled) (float64, bool) { return float64(s.Startup), true }},
	{"process-start-ns", "better=lower",
		func(s *sampled) (float64, bool) { return float64(s.ProcessStart), s.ProcessStart > 0 }},
	{"wall-ns", "better=lower", func(s *sampled) (float64, bool) { return float64(s.Wall), true }},
	{"user-ns/op", "better=lower", func(s *sampled) (float64, bool) { return s.each(float64(s.All.User)), true }},
	{"sys-ns/op", "better=lower", func(s *sampled) (float64, bool) { return s.each(float64(s.All.System)), true }},
	{"child-cpu-ns/op", "better=lower",
		func(s *sampled) (float64, bool) { return s.each(float64(s.Children.cpu())), s.Children.cpu() > 0 }},
	{"cpu/wall", "", func(s *sampled) (float64, bool) { return float64(s.Busy) / float64(s.Work), s.Work > 0 }},
	{"vcsw/op", "better=lower",
		func(s *sampled) (float64, bool) { return s.each(float64(s.All.Voluntary)), s.All.Voluntary >= 0 }},
	{"ivcsw/op", "better=lower",
		func(s *sampled) (float64, bool) { return s.each(float64(s.All.Involuntary)), s.All.Involuntary >= 0 }},
	{"peak-B", "better=lower", func(s *sampled) (float64, bool) { return float64(s.Peak), s.Peak > 0 }},
	{"task-p50-ns", "better=lower", func(s *sampled) (float64, bool) { return float64(s.TaskP50), s.TaskP50 > 0 }},
	{"task-p99-ns", "better=lower", func(s *sampled) (float64, bool) { return float64(s.TaskP99), s.TaskP99 > 0 }},
	{"inside-peak", "", func(s *sampled) (float64, bool) { return float64(s.InsidePeak), s.InsidePeak > 0 }},
	{"checksum", "", func(s *sampled) (float64, bool) { return float64(s.Checksum), true }},
}

func (s *sampled) each(sum float64) float64 { return sum / float64(max(s.Tasks, 1)) }

// header is what a text begins with. What all samples have in common is configuration; the rule is a
// comment, as it is the same wherever this version measures.
func (m *measurement) header() string {
	var text strings.Builder
	fmt.Fprintf(&text, "goos: %s\ngoarch: %s\npkg: github.com/semabench/semabench/bench/parallel\n",
		runtime.GOOS, runtime.GOARCH)
	facts := machine.Read()
	facts.GOMAXPROCS = 0 // it differs between modes
	_, _ = facts.WriteTo(&text)
	for _, line := range [][2]string{
		{"cores", fmt.Sprint(m.cores)},
		{"order", "interleaved"},
		{"semaphore", m.options.Impl},
		{"process-semaphore", m.kind.name},
		{"seed", fmt.Sprint(m.options.Seed)},
		{"rounds", fmt.Sprint(m.options.Rounds)},
		{"priority", machine.Priority()},
	} {
		fmt.Fprintf(&text, "%s: %s\n", line[0], line[1])
	}
	if m.file.How != "" {
		fmt.Fprintf(&text, "files: %s\n", m.file.How)
	}
	for _, u := range metrics {
		if u.line != "" {
			fmt.Fprintf(&text, "Unit %s %s\n", u.unit, u.line)
		}
	}
	fmt.Fprintf(&text, "# rule: %s\n", Rule)
	return text.String()
}

// line is the sample in benchmark text.
func (r row) line(s *sampled, noise []machine.Noise) string {
	var text strings.Builder
	fmt.Fprintf(&text, "BenchmarkParallel/%s\t%d\t%.1f ns/op", r.name(), s.Tasks, s.each(float64(s.Work)))
	for _, u := range metrics {
		if v, known := u.value(s); known {
			fmt.Fprintf(&text, "\t%s %s", figure(v), u.unit)
		}
	}
	for _, n := range noise {
		fmt.Fprintf(&text, "\t%.3f %s", n.Value, n.Unit)
	}
	return text.String() + "\n"
}

// figure has all digits of what was counted, and enough of what was measured.
func figure(v float64) string {
	if v == float64(int64(v)) {
		return fmt.Sprint(int64(v))
	}
	return fmt.Sprintf("%.4f", v)
}

// write puts a sample into the text. Its state is a configuration line, said when it changes.
func (m *measurement) write(t taken, state string) error {
	text := t.line(t.found, t.noise)
	if state != m.state {
		m.state = state
		text = "sample: " + state + "\n" + text
	}
	if t.why != "" {
		text = fmt.Sprintf("# %s: %s: %s\n", state, t.name(), t.why) + text
	}
	if _, err := io.WriteString(m.text, text); err != nil {
		return fmt.Errorf("keeping a sample: %w", err)
	}
	if tell := m.options.Timeline; tell != nil && t.found.Spans != nil && state != retaken {
		tell(t.name(), t.found.Spans)
	}
	return nil
}

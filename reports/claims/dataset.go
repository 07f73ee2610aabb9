package claims

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/semabench/semabench/internal/benchkey"

	"github.com/semabench/semabench/reports"
)

// The modes, as the names of rows have them.
const (
	serial         = "serial"
	oneCore        = "one-core"
	goroutines     = "goroutines"
	processes      = "processes"
	processPerTask = "process-per-task"
)

// The names are an interface with package bench/parallel, which writes them, and with texts of
// the past. That package is not imported: a text is judged where it cannot be measured. The
// order is the order of the tables.
var modes = []string{serial, oneCore, goroutines, processes, processPerTask}

// The units that the rules read. benchfmt has converted ns to sec.
const (
	perTask   = "sec/op"
	startup   = "startup-sec"
	peakBytes = "peak-B"
	taskTime  = "task-p50-sec"
	inside    = "inside-peak"
	checksum  = "checksum"
	switches  = "vcsw/op"
	lostCore  = "ivcsw/op"
	busyCores = "cpu/wall"
	userTime  = "user-sec/op"
	systemCPU = "sys-sec/op"
)

// A row holds all samples of one work in one mode, in all states. samples are sorted by their line,
// so the i'th final sample of each row is of round i, as long as no row failed.
//
// If a row failed in some round, its later samples move up by one and pair with the wrong round
// of other rows. Pairing then removes less noise, and warnOfShortRows warns of it.
type row struct {
	work, mode string
	params     map[string]string // workers, permits, bytes, latency
	samples    []sample          // in the order of the text
}

// A sample is one line of the text. values has the units of the line only: a unit that a mode does
// not report is missing and not 0.
type sample struct {
	line   uint32
	state  string // clean, retaken or disturbed
	values map[string]float64
}

// disturbed reports whether neighbours disturbed the sample. Texts without a state have none. A
// state that this version does not know counts as disturbed: a wrong "clean" would decide a claim.
func (s sample) disturbed() bool { return s.state != "" && s.state != "clean" }

// retaken reports whether another sample of the same round follows. It is asked before disturbed:
// a retaken sample was disturbed, and counts as retaken only.
func (s sample) retaken() bool { return s.state == "retaken" }

// finalSamples returns one sample for each round, leaving out the samples that were retaken.
//
// A retaken sample has a successor in the same round. Counting both would weigh a disturbed
// round twice, and shift all later ones.
func (r *row) finalSamples() (all []sample) {
	for _, s := range r.samples {
		if !s.retaken() {
			all = append(all, s)
		}
	}
	return all
}

// number returns a parameter as a number, or 0 if it is not one.
//
// A row without the parameter and a row with a broken one look alike. Callers ask for numbers
// above 0 only.
func (r *row) number(param string) float64 {
	v, _ := strconv.ParseFloat(r.params[param], 64)
	return v
}

// A dataset holds the rows of a text about threads and processes.
// cores, files and facts come from configuration lines, which the text has once at its
// beginning.
type dataset struct {
	rows  []*row
	cores int // cores that the process may use
	files string
	facts []reports.Fact
}

var errNoRows = errors.New(
	"it has no line about threads and processes; semabench parallel writes such a text",
)

// newDataset collects the rows of a text. The state of a sample is a configuration key, so a row
// is split into one series for each state; here they are joined.
//
// The samples are sorted by line afterwards. Their index then is their round, which pairing needs:
// joined in the order of the states, a clean sample of round 9 would meet a disturbed one of round
// 2.
//
// A text with other benchmarks beside these is accepted, since their names have no work and no
// mode. Only a text without any such row is an error.
func newDataset(log *reports.Log) (*dataset, error) {
	m := &dataset{}
	byName := map[string]*row{}
	for _, s := range log.Series {
		work, mode, params := parseName(s.Name)
		if work == "" || mode == "" {
			continue
		}
		if byName[s.Name] == nil {
			byName[s.Name] = &row{work: work, mode: mode, params: params}
			m.rows = append(m.rows, byName[s.Name])
			m.cores, _ = strconv.Atoi(s.Config(benchkey.Cores))
			m.files = printable(s.Config(benchkey.Files))
		}
		byName[s.Name].add(s)
	}
	if m.rows == nil {
		return nil, fmt.Errorf("%s: %w", log.Files[0].Name, errNoRows)
	}
	for _, r := range m.rows {
		slices.SortFunc(r.samples, func(a, b sample) int { return int(a.line) - int(b.line) })
	}
	m.addFacts(log.Series[0])
	return m, nil
}

// parseName splits work=…/mode=…/key=value…. Fields of another form are skipped, and a name
// without work or mode is of another benchmark.
//
// The first field is the name of the benchmark, which has no equals sign.
func parseName(name string) (work, mode string, params map[string]string) {
	params = map[string]string{}
	for field := range strings.SplitSeq(name, "/") {
		if key, value, ok := strings.Cut(field, "="); ok {
			params[key] = printable(value) // the values appear in sentences
		}
	}
	return params["work"], params["mode"], params
}

// add adds the samples of one series. A unit that a line has twice keeps its last value.
func (r *row) add(s *reports.Series) {
	at := map[uint32]map[string]float64{}
	for _, line := range s.Lines {
		at[line] = map[string]float64{}
		r.samples = append(r.samples, sample{line, s.Config(benchkey.Sample), at[line]})
	}
	for _, u := range s.Units {
		for i, v := range u.Values {
			at[u.Lines[i]][u.Unit] = v
		}
	}
}

// addFacts collects the configuration that the report shows.
//
// The list is fixed and short: the report is about processes and threads, and a reader compares
// it with reports of other machines line by line.
func (m *dataset) addFacts(s *reports.Series) {
	for _, key := range []string{benchkey.GOOS, benchkey.GOARCH, benchkey.CPU, benchkey.Cores,
		benchkey.Virtualised, benchkey.CPUQuota, benchkey.Kernel, benchkey.Go, benchkey.GoRuntime,
		benchkey.Commit, benchkey.Semaphore, benchkey.ProcessSemaphore, benchkey.Files} {
		if v := s.Config(key); v != "" {
			m.facts = append(m.facts, reports.Fact{Key: key, Value: v})
		}
	}
}

// findRow returns the first row of a work and a mode. With param, a key and its value, the row must
// have this parameter. The search is linear, since a text has some tens of rows. A row that was not
// measured is nil, which medianOf and ratio accept.
//
// The rows of one work and mode differ in a size or a limit; without param the first is taken,
// which is right for works that have one row only.
func (m *dataset) findRow(work, mode string, param ...string) *row {
	for _, r := range m.rows {
		if r.work == work && r.mode == mode && (param == nil || r.params[param[0]] == param[1]) {
			return r
		}
	}
	return nil
}

// sizes returns the sizes of the tasks of a work, ascending. Only what was measured counts, so a
// text with fewer sizes gives shorter curves and no error.
func (m *dataset) sizes(work string) (all []float64) {
	for _, r := range m.rows {
		if v := r.number("bytes"); r.work == work && v > 0 && !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	return all
}

// rowOfSize returns the row of a work, a mode and a size of tasks. The size is formatted as the
// benchmark writes it: an integer without an exponent.
func (m *dataset) rowOfSize(work, mode string, size float64) *row {
	return m.findRow(work, mode, "bytes", strconv.FormatFloat(size, 'f', -1, 64))
}

// Totals holds the number of samples, and how many of them are in which state.
type Totals struct{ Samples, Retaken, Disturbed int }

// totals counts the samples of all rows by their state.
func (m *dataset) totals() (t Totals) {
	for _, r := range m.rows {
		for _, s := range r.samples {
			t.Samples++
			switch {
			case s.retaken():
				t.Retaken++
			case s.disturbed():
				t.Disturbed++
			}
		}
	}
	return t
}

// differing returns the works with different checksums in different samples. Their modes did not do
// the same work, so their times cannot be compared. A checksum is compared with the first one of
// the same work and size, in all modes and rounds.
//
// The comparison is exact. Checksums have 32 bits, which a float64 holds without rounding.
func (m *dataset) differing() (works []string) {
	first := map[string]float64{}
	for _, r := range m.rows {
		for _, s := range r.samples {
			what := r.work + " " + r.params["bytes"] + " " + r.params["latency"]
			sum, has := s.values[checksum]
			if r.work == "grain" && r.mode == processPerTask || !has {
				continue // it does fewer tasks by design, so its checksum differs
			}
			if before, known := first[what]; !known {
				first[what] = sum
			} else if before != sum && !slices.Contains(works, r.work) {
				works = append(works, r.work)
			}
		}
	}
	return works
}

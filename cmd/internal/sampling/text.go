package sampling

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/semabench/semabench/internal/benchkey"
)

// Comments of a text, which benchmark tools skip. A fact that differs from round to round, or
// between two runs that are to be compared, must not be a configuration line: tools would put its
// values into different tables.
const (
	CodeKey   = "# code: "
	PlanKey   = "# plan: "
	SeedKey   = "# layout-seed: "
	FailedKey = "# failed: "
	CutKey    = "# cut off: "
)

// Beginnings of the other lines that matter for resuming a run.
const (
	SamplePrefix = "BenchmarkSemaphore/"
	WorkloadKey  = "workload: "
)

// plannedKey is the configuration key with the number of samples in the plan.
const plannedKey = "planned-samples"

// An earlierText is the text that an earlier run left. It has what Resume needs, and no figures.
// Rows are names and nothing else. The order of the samples says which round a name belongs to.
type earlierText struct {
	path       string
	config     []string // the configuration lines before the first sample
	code, plan string
	rows       []string          // of the samples, in their order
	failed     map[string]string // cause by row
	workload   string            // of the last workload line
	whole      int64             // bytes up to the end of the last whole line
	cut        string            // the rest: a line that was cut off
}

// readText reads the text of semabench run, and refuses any other file.
//
// Only a newline ends a line, so a number that was cut in the middle is never read as a smaller
// number.
func readText(path string) (*earlierText, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading what was measured: %w", err)
	}
	e := &earlierText{path: path, failed: map[string]string{}}
	e.whole = int64(bytes.LastIndexByte(text, '\n') + 1)
	e.cut = string(text[e.whole:])
	for line := range strings.Lines(string(text[:e.whole])) {
		e.add(strings.TrimSuffix(line, "\n"))
	}
	if e.plan == "" || e.code == "" {
		return nil, fmt.Errorf("%s was not begun by semabench run: it has no line %q", path, PlanKey)
	}
	return e, nil
}

// add reads one whole line. Configuration lines count up to the plan, which Start writes after the
// header; a workload line below it changes from sample to sample.
//
// Lines of other kinds are ignored: a newer version may write more comments.
func (e *earlierText) add(line string) {
	if rest, ok := strings.CutPrefix(line, CodeKey); ok {
		e.code = rest
	} else if rest, ok := strings.CutPrefix(line, PlanKey); ok {
		e.plan = rest
	} else if rest, ok := strings.CutPrefix(line, FailedKey); ok {
		row, why, _ := strings.Cut(rest, ": ")
		e.failed[row] = why
	} else if rest, ok := strings.CutPrefix(line, SamplePrefix); ok {
		name, _, _ := strings.Cut(rest, "\t")
		e.rows = append(e.rows, strings.TrimSpace(name))
	} else if rest, ok := strings.CutPrefix(line, WorkloadKey); ok {
		e.workload = rest
	} else if e.plan == "" {
		e.config = append(e.config, line)
	}
}

// taken reports for each row of a plan whether its sample is in the text. Samples are taken in the
// order of the plan, so one pass over both lists finds them. A row whose sample is missing in
// between must have failed. A text of another plan, or an edited text, is refused at the first
// sample that does not fit.
//
// A failed row has no line in any later round either, so skipping it keeps both lists in step.
func (e *earlierText) taken(rows []row) ([]bool, error) {
	all := make([]bool, len(rows))
	next := 0
	for i, r := range rows {
		switch {
		case next < len(e.rows) && WithoutProcs(e.rows[next]) == r.String():
			all[i] = true
			next++
		case next < len(e.rows) && e.failed[r.String()] == "":
			return nil, fmt.Errorf("%s: sample %d is %s, and not %v as planned", e.path, next+1,
				e.rows[next], r)
		}
	}
	if next < len(e.rows) {
		return nil, fmt.Errorf("%s has %d samples and %d of them are planned", e.path, len(e.rows), next)
	}
	return all, nil
}

// planned returns the number of samples in the plan, or 0 if the text does not say.
func (e *earlierText) planned() int {
	n, _ := strconv.Atoi(valueOf(configOf(strings.Join(e.config, "\n")), plannedKey))
	return n
}

// WithoutProcs cuts the -N off with which benchmark names end where GOMAXPROCS is not 1.
//
// A name that ends in a hyphen and digits by itself would lose them. No implementation and no
// workload of this suite has such a name.
func WithoutProcs(name string) string {
	i := strings.LastIndexByte(name, '-')
	if i < 0 || strings.Trim(name[i+1:], "0123456789") != "" {
		return name
	}
	return name[:i]
}

// mustMatch returns an error with every fact that has changed since the text was begun. The commit
// does not tell two states of a changed tree apart, but the identity of the code does. All
// differences are in one error, so that the user need not find them one by one.
//
// Only keys of the new header are compared. A key that is gone from it belonged to another
// version, whose code differs anyway.
func (e *earlierText) mustMatch(header, code string) error {
	var errs []error
	was, is := configOf(strings.Join(e.config, "\n")), configOf(header)
	for _, c := range is {
		if before := valueOf(was, c.key); before != c.value {
			errs = append(errs, fmt.Errorf("%s was %q and is %q", c.key, before, c.value))
		}
	}
	if code != e.code {
		errs = append(errs, fmt.Errorf("the code was %s and is %s: put it back as it was", e.code, code))
	}
	if errs == nil {
		return nil
	}
	return fmt.Errorf("%s cannot go on here, start anew with another -o: %w", e.path,
		errors.Join(errs...))
}

// A config is one configuration line.
type config struct{ key, value string }

// configOf returns the configuration lines of a text.
//
// The commit is compared without +dirty, and the identity of the code decides whether the code
// is the same.
func configOf(text string) (all []config) {
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok &&
			!strings.HasPrefix(key, "#") {
			if key == benchkey.Commit {
				value = strings.TrimSuffix(value, "+dirty") // the new result files can make the tree dirty
			}
			all = append(all, config{key, value})
		}
	}
	return all
}

// valueOf returns the value of a key, "" if no line has it.
func valueOf(all []config, key string) string {
	for _, c := range all {
		if c.key == key {
			return c.value
		}
	}
	return ""
}

// open opens the text for appending after its last whole line. A line that was cut off when the
// process was killed becomes a comment. Truncating comes first: the comment must begin where the
// line began. The file is neither renamed nor copied: a reader that follows it sees one text.
//
// The comment keeps what was cut off, so that no byte of a measurement is thrown away without a
// trace.
func (e *earlierText) open() (*os.File, error) {
	f, err := os.OpenFile(e.path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(e.whole); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	more := ""
	if e.cut != "" {
		more = CutKey + e.cut + "\n"
	}
	if _, err := f.WriteAt([]byte(more), e.whole); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := f.Seek(0, io.SeekEnd); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

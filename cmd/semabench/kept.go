package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// The comments of a text, which benchmark tools skip. What differs from round to round, or between two
// runs that are to be compared, must not be a configuration line.
const (
	codeKey   = "# code: "
	planKey   = "# plan: "
	seedKey   = "# layout-seed: "
	failedKey = "# failed: "
	cutKey    = "# cut off: "
)

// A keptText is what an earlier run left.
type keptText struct {
	path       string
	config     []string // configuration lines before the first sample, whole
	code, plan string
	rows       []string          // of the samples, in their order
	failed     map[string]string // why, by row
	workload   string            // that the text ends in
	whole      int64             // bytes up to the last line that is whole
	cut        string            // what follows it
}

// readKept reads the text of semabench run, and refuses any other.
func readKept(path string) (*keptText, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading what was measured: %w", err)
	}
	k := &keptText{path: path, failed: map[string]string{}}
	k.whole = int64(bytes.LastIndexByte(text, '\n') + 1)
	k.cut = string(text[k.whole:])
	for line := range strings.Lines(string(text[:k.whole])) {
		k.add(strings.TrimSuffix(line, "\n"))
	}
	if k.plan == "" || k.code == "" {
		return nil, fmt.Errorf("%s was not begun by semabench run: it has no line %q", path, planKey)
	}
	return k, nil
}

func (k *keptText) add(line string) {
	if rest, ok := strings.CutPrefix(line, codeKey); ok {
		k.code = rest
	} else if rest, ok := strings.CutPrefix(line, planKey); ok {
		k.plan = rest
	} else if rest, ok := strings.CutPrefix(line, failedKey); ok {
		row, why, _ := strings.Cut(rest, ": ")
		k.failed[row] = why
	} else if rest, ok := strings.CutPrefix(line, samplePrefix); ok {
		name, _, _ := strings.Cut(rest, "\t")
		k.rows = append(k.rows, strings.TrimSpace(name))
	} else if rest, ok := strings.CutPrefix(line, workloadKey); ok {
		k.workload = rest
	} else if k.plan == "" {
		k.config = append(k.config, line)
	}
}

const (
	samplePrefix = "BenchmarkSemaphore/"
	workloadKey  = "workload: "
)

// taken finds the samples of k in a plan: for each row whether its sample is there.
// Samples are taken in order, so what comes after the last one is left to do, but for rows that failed.
func (k *keptText) taken(rows []row) ([]bool, error) {
	all := make([]bool, len(rows))
	next := 0
	for i, r := range rows {
		switch {
		case next < len(k.rows) && withoutProcs(k.rows[next]) == r.String():
			all[i] = true
			next++
		case next < len(k.rows) && k.failed[r.String()] == "":
			return nil, fmt.Errorf("%s: sample %d is %s, and not %v as planned", k.path, next+1, k.rows[next], r)
		}
	}
	if next < len(k.rows) {
		return nil, fmt.Errorf("%s has %d samples and %d of them are planned", k.path, len(k.rows), next)
	}
	return all, nil
}

// nextRound is the one of the first sample that is left, or the last if none is.
func (k *keptText) nextRound(p plan, taken []bool) int {
	for i, r := range p.rows() {
		if !taken[i] && k.failed[r.String()] == "" {
			return r.round
		}
	}
	return p.samples - 1
}

// planned is how many samples there were to be, 0 if the text does not say.
func (k *keptText) planned() int {
	n, _ := strconv.Atoi(valueOf(configOf(strings.Join(k.config, "\n")), "planned-samples"))
	return n
}

// withoutProcs cuts off the -N that benchmark names end in where GOMAXPROCS is not 1.
func withoutProcs(name string) string {
	i := strings.LastIndexByte(name, '-')
	if i < 0 || strings.Trim(name[i+1:], "0123456789") != "" {
		return name
	}
	return name[:i]
}

// mustMatch says what is not as it was. A tree that was changed since its commit may be so in another
// way: the code tells.
func (k *keptText) mustMatch(header, code string) error {
	var errs []error
	was, is := configOf(strings.Join(k.config, "\n")), configOf(header)
	for _, c := range is {
		if before := valueOf(was, c.key); before != c.value {
			errs = append(errs, fmt.Errorf("%s was %q and is %q", c.key, before, c.value))
		}
	}
	if code != k.code {
		errs = append(errs, fmt.Errorf("the code was %s and is %s: put it back as it was", k.code, code))
	}
	if errs == nil {
		return nil
	}
	return fmt.Errorf("%s cannot go on here, start anew with another -o: %w", k.path, errors.Join(errs...))
}

type config struct{ key, value string }

func configOf(text string) (all []config) {
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && !strings.HasPrefix(key, "#") {
			if key == "commit" {
				value = strings.TrimSuffix(value, "+dirty") // the results themselves may make it so
			}
			all = append(all, config{key, value})
		}
	}
	return all
}

func valueOf(all []config, key string) string {
	for _, c := range all {
		if c.key == key {
			return c.value
		}
	}
	return ""
}

// open opens the text to go on behind its last whole line. A line that a kill cut off stays as a
// comment.
func (k *keptText) open() (*os.File, error) {
	f, err := os.OpenFile(k.path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(k.whole); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	more := ""
	if k.cut != "" {
		more = cutKey + k.cut + "\n"
	}
	if _, err := f.WriteAt([]byte(more), k.whole); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := f.Seek(0, io.SeekEnd); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

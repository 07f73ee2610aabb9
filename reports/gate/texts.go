package gate

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/semabench/semabench/reports"
)

// FromTexts judges two benchmark texts, old and new, each read by itself with [reports.Read]. The
// tests are those of [reports.Compare]: U tests, corrected by Holm over all rows of a unit.
//
// Time is judged as in a run, but the verdicts are called advice unless both texts say that they
// were measured together: two runs one after the other differ by what the machine did meanwhile,
// and the values of one process share its luck. Units that the texts call exact, and allocs/op or
// B/op where all values of a row agree, are no advice: any increase is REGRESSED.
func FromTexts(old, new *reports.Log, o Options) (*Report, error) {
	if old == nil || new == nil || len(old.Series) == 0 || len(new.Series) == 0 {
		return nil, errors.New("judging texts: two with benchmark lines are needed")
	}
	t := &texts{old: old, new: new, options: o}
	c, err := t.compare()
	if err != nil {
		return nil, fmt.Errorf("judging texts: %w", err)
	}
	r := &Report{
		Old: Side{Name: nameOf(old)}, New: Side{Name: nameOf(new)}, Facts: c.Facts, options: o,
		MinEffect: o.minEffect(), FalseAlarm: o.falseAlarm(), Stages: 1, Advisory: t.advisory(),
	}
	r.Invalid = differing(t.facts(old), t.facts(new))
	t.rows(r, c)
	t.notes(r)
	for _, j := range r.Rows {
		j.conclude(o)
	}
	r.Errors = append(r.Errors, checkWaivers(o, r.Rows, !r.incomplete())...)
	r.sort()
	return r, nil
}

type texts struct {
	old, new *reports.Log
	options  Options
}

func nameOf(log *reports.Log) string {
	var names []string
	for _, f := range log.Files {
		names = append(names, f.Name)
	}
	return strings.Join(names, " ")
}

// fingerprint is what must be the same for times to be compared. Whatever else differs, such as the
// commit, is what is being compared.
var fingerprint = []string{"goos", "goarch", "cpu", "cores", "go", "gomaxprocs", "kernel", "governor",
	"goamd64", "goflags", "goexperiment", "virtualised", "quota", "aslr"}

// facts are those of the fingerprint that a text states, each with all of its values.
func (t *texts) facts(log *reports.Log) (facts []reports.Fact) {
	for _, key := range fingerprint {
		if values := configs(log, key); len(values) > 0 {
			facts = append(facts, reports.Fact{Key: key, Value: strings.Join(values, ", ")})
		}
	}
	return facts
}

func configs(log *reports.Log, key string) (values []string) {
	for _, s := range log.Series {
		if v := s.Config(key); v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return values
}

// advisory says why the verdicts on time are advice.
func (t *texts) advisory() string {
	session := configs(t.old, "session")
	if len(session) > 0 && slices.Equal(session, configs(t.new, "session")) &&
		slices.Equal(configs(t.old, "order"), []string{"interleaved"}) {
		return ""
	}
	if slices.Equal(configs(t.old, "order"), []string{"interleaved"}) {
		return "the texts were measured one after the other: each says that its rows took turns, " +
			"but old and new did not"
	}
	return "nothing in the texts says that old and new took turns or that each value is of a " +
		"process of its own"
}

func (t *texts) notes(r *Report) {
	for _, log := range []*reports.Log{t.old, t.new} {
		for _, f := range log.Files {
			if f.Partial() {
				r.Stopped = fmt.Sprintf("%s is partial: %d of %d planned samples",
					f.Name, f.Present, f.Planned)
			}
		}
		if n := len(log.Broken); n > 0 {
			r.Errors = append(r.Errors, fmt.Sprintf("%s could not be read, the first: %v",
				plural(n, "line"), log.Broken[0]))
		}
		if n := len(log.Failures); n > 0 {
			r.Errors = append(r.Errors,
				fmt.Sprintf("the program that was measured failed: %v", log.Failures[0]))
		}
	}
	if r.Count(Missing) == len(r.Rows) {
		r.Errors = append(r.Errors, "the texts have no row in common, so there is nothing to judge")
	}
}

// compare makes one column of each text. Configuration that differs between them, such as the
// commit, is left out, or no row of one would have a row of the other beside it.
func (t *texts) compare() (*reports.Comparison, error) {
	if len(t.old.Files) != 1 || len(t.new.Files) != 1 {
		return nil, errors.New("want one text for each side")
	}
	if t.old.Files[0].Label == t.new.Files[0].Label {
		return nil, fmt.Errorf("old and new are the same file, %s", t.old.Files[0].Name)
	}
	var same []string
	for _, key := range t.old.Keys() {
		if slices.Equal(configs(t.old, key), configs(t.new, key)) {
			same = append(same, key)
		}
	}
	old, new := t.old.Keep(same), t.new.Keep(same)
	both := &reports.Log{
		Series: append(slices.Clone(old.Series), new.Series...),
		Files:  append(slices.Clone(old.Files), new.Files...),
		Units:  maps.Clone(old.Units),
	}
	maps.Copy(both.Units, new.Units)
	return reports.Compare(both, reports.Options{Col: ".file", Family: reports.ByUnit})
}

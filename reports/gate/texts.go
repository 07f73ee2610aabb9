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
// were measured together, and look like it. Two runs one after the other differ by what the
// machine did meanwhile; the values of one process share its luck, those of one binary that of its
// layout. So what go test -count and semabench run write is always advice. A text says it by three
// lines, "session:" with the same value in both, "order: interleaved" and "layout: random", and looks
// like it if the values of a row are not lines that follow each other. The package documentation has
// a loop that writes such texts. Units that the texts call exact, and allocs/op or B/op where all
// values of a row agree, are no advice: any increase is REGRESSED.
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
		MinEffect: o.minEffect(), FalseAlarm: o.falseAlarm(), Stages: 1, Advisory: t.advisory(), texts: true,
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

// ofCounts is what must be the same for counts to be compared.
var ofCounts = []string{"goos", "goarch", "go", "goamd64", "goflags", "goexperiment"}

// facts are those of the fingerprint that a text states, each with all of its values.
func (t *texts) facts(log *reports.Log) (facts []reports.Fact) {
	keys := fingerprint
	if t.options.ExactOnly {
		keys = ofCounts
	}
	for _, key := range keys {
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
	together := len(session) == 1 && slices.Equal(session, configs(t.new, "session"))
	interleaved := t.bothSay("order", "interleaved")
	switch {
	case t.options.ExactOnly:
		return "" // there is none
	case inOneGo(t.old) || inOneGo(t.new):
		return "the values of a row follow each other, as go test -count writes them: they are of one process, " +
			"and share its luck"
	case interleaved && !together:
		return "the texts were measured one after the other: each says that its rows took turns, " +
			"but old and new did not"
	case !interleaved:
		return "nothing in the texts says that old and new took turns or that each value is of a " +
			"process of its own"
	case !t.bothSay("layout", "random"):
		return "each side is of one binary, for all that the texts say, and where its code lies " +
			"alone moves figures by several percent"
	}
	return ""
}

func (t *texts) bothSay(key, value string) bool {
	want := []string{value}
	return slices.Equal(configs(t.old, key), want) && slices.Equal(configs(t.new, key), want)
}

// inOneGo reports whether most values stand in the line after the one before of the same row. A
// process of its own for each of them would have printed other lines in between.
func inOneGo(log *reports.Log) bool {
	next, all := 0, 0
	for _, s := range log.Series {
		for i := 1; i < len(s.Lines); i++ {
			all++
			if s.Lines[i] == s.Lines[i-1]+1 {
				next++
			}
		}
	}
	return 2*next > all
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
	old, new := t.old.Restrict(same), t.new.Restrict(same)
	both := &reports.Log{
		Series: append(slices.Clone(old.Series), new.Series...),
		Files:  append(slices.Clone(old.Files), new.Files...),
		Units:  maps.Clone(old.Units),
	}
	maps.Copy(both.Units, new.Units)
	return reports.Compare(both, reports.Options{Col: ".file", Family: reports.ByUnit})
}

package gate

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/benchkey"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/gate/internal/signedrank"
)

// FromTexts judges two benchmark texts, old and new, each read by itself with
// [reports.Read]. The tests are the U tests of [reports.Compare], corrected by
// Holm over all rows of a unit.
//
// Time is judged as in a run. But the verdicts are called advice unless both texts say that they
// were measured together, and the order of their lines agrees. Two runs one after the other differ
// by what else the machine did. Values of one process share its memory, and values of one binary
// share its code layout. Both change times by chance, so such values are not independent. So texts
// of go test -count and of semabench run are always advice.
//
// A text says that it was measured together with another by three lines:
// "session:" with the same value in both texts, "order: interleaved" and
// "layout: random". The order of the lines agrees if the values of a row are
// not on lines that follow each other. The package documentation has a loop
// that writes such texts.
//
// Some units are never advice: units that the texts call exact, and allocs/op or
// B/op where all values of a row agree. Any increase of those is REGRESSED.
func FromTexts(old, new *reports.Log, o Options) (*Report, error) {
	if old == nil || new == nil || len(old.Series) == 0 || len(new.Series) == 0 {
		return nil, errors.New("judging texts: two with benchmark lines are needed")
	}
	t := &textPair{old: old, new: new, options: o}
	c, err := t.compare()
	if err != nil {
		return nil, fmt.Errorf("judging texts: %w", err)
	}
	r := &Report{
		Old: Side{Name: nameOf(old)}, New: Side{Name: nameOf(new)}, Facts: c.Facts, options: o,
		MinEffect: o.minEffect(), FalseAlarm: o.falseAlarm(), Stages: 1, Advisory: t.advisory(),
		texts: true,
	}
	r.Invalid = differing(t.facts(old), t.facts(new))
	t.addRows(r, c)
	t.checkTexts(r)
	for _, j := range r.Rows {
		j.conclude(o)
	}
	r.Errors = append(r.Errors, checkWaivers(o, r.Rows, !r.incomplete())...)
	r.sort()
	return r, nil
}

// A textPair is two texts that are judged.
type textPair struct {
	old, new *reports.Log
	options  Options
}

// nameOf names a side by its files.
func nameOf(log *reports.Log) string {
	var names []string
	for _, f := range log.Files {
		names = append(names, f.Name)
	}
	return strings.Join(names, " ")
}

// countKeys are the configuration keys whose values must be equal for counts to
// be compared. The architecture's level, such as goamd64, belongs to them too;
// see keys.
//
// The texts of this suite have build and go-runtime. Other tools write goflags
// and goexperiment.
var countKeys = []string{benchkey.GOOS, benchkey.GOARCH, benchkey.Go, benchkey.Build,
	benchkey.GoRuntime, benchkey.GOFLAGS, benchkey.GOEXPERIMENT}

// timeKeys are the keys whose values must be equal, besides countKeys, for times
// to be compared. All other keys may differ: the commit, for example, differs on
// purpose.
//
// The texts of this suite have cpus and cpu-quota. Other tools write cores and
// quota.
var timeKeys = []string{benchkey.CPU, benchkey.CPUs, benchkey.Cores, benchkey.GOMAXPROCS,
	benchkey.Kernel, benchkey.Governor, benchkey.Virtualised, benchkey.CPUQuota, benchkey.Quota,
	benchkey.ASLR}

// keys returns the configuration keys that must be equal in both texts.
func (t *textPair) keys() []string {
	keys := slices.Clone(countKeys)
	for _, arch := range valuesOf(t.old, benchkey.GOARCH) {
		keys = append(keys, benchkey.Level(arch))
	}
	if t.options.ExactOnly {
		return keys
	}
	return append(keys, timeKeys...)
}

// facts returns the keys that a text states, each with all of its values.
func (t *textPair) facts(log *reports.Log) (facts []reports.Fact) {
	for _, key := range t.keys() {
		if values := valuesOf(log, key); len(values) > 0 {
			facts = append(facts, reports.Fact{Key: key, Value: strings.Join(values, ", ")})
		}
	}
	return facts
}

// valuesOf returns the different values of a configuration key in a text, sorted.
func valuesOf(log *reports.Log, key string) (values []string) {
	for _, s := range log.Series {
		if v := s.Config(key); v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return values
}

// advisory says why the verdicts on time are only advice, or "" if they are more.
// The order of the cases is the order of the damage: values of one process
// mislead most.
func (t *textPair) advisory() string {
	session := valuesOf(t.old, benchkey.Session)
	together := len(session) == 1 && slices.Equal(session, valuesOf(t.new, benchkey.Session))
	interleaved := t.bothSay(benchkey.Order, "interleaved")
	switch {
	case t.options.ExactOnly:
		return "" // no time is judged
	case ofOneProcess(t.old) || ofOneProcess(t.new):
		return "the values of a row follow each other, as go test -count writes them: they are of one process, " +
			"and share its luck"
	case interleaved && !together:
		return "the texts were measured one after the other: each says that its rows took turns, " +
			"but old and new did not"
	case !interleaved:
		return "nothing in the texts says that old and new took turns or that each value is of a " +
			"process of its own"
	case !t.bothSay(benchkey.Layout, "random"):
		return "each side is of one binary, for all that the texts say, and where its code lies " +
			"alone moves figures by several percent"
	}
	return ""
}

// bothSay reports whether value is the only value of key in both texts.
func (t *textPair) bothSay(key, value string) bool {
	want := []string{value}
	return slices.Equal(valuesOf(t.old, key), want) && slices.Equal(valuesOf(t.new, key), want)
}

// ofOneProcess reports whether most values follow, in the text, the previous
// value of the same row. A new process for each value would have printed other
// lines in between.
func ofOneProcess(log *reports.Log) bool {
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

// checkTexts reports what is wrong with the texts as a whole.
func (t *textPair) checkTexts(r *Report) {
	for _, log := range []*reports.Log{t.old, t.new} {
		for _, f := range log.Files {
			if f.Partial() {
				r.Stopped = fmt.Sprintf("%s is partial: %d of %d planned samples",
					f.Name, f.Present, f.Planned)
			}
		}
		if n := len(log.Broken); n > 0 {
			r.Errors = append(r.Errors, fmt.Sprintf("%s could not be read, the first: %v",
				plural.Of(n, "line"), log.Broken[0]))
		}
		if n := len(log.Failures); n > 0 {
			r.Errors = append(r.Errors,
				fmt.Sprintf("the program that was measured failed: %v", log.Failures[0]))
		}
	}
	if r.Count(Missing)+r.Count(Added) == len(r.Rows) {
		why := "the texts have no row in common, so there is nothing to judge"
		if r.sameButForCores() {
			why += "; their names differ only by the number of cores: measure both sides with the same -cpu"
		}
		r.Errors = append(r.Errors, why)
	}
}

// coresSuffix is the suffix that package testing adds to names where GOMAXPROCS is not 1.
var coresSuffix = regexp.MustCompile(`-\d+$`)

// sameButForCores reports whether a row of one side has the name of a row of the other, apart from the number of
// cores.
func (r *Report) sameButForCores() bool {
	sides := map[string]Verdict{}
	for _, j := range r.Rows {
		name := coresSuffix.ReplaceAllString(j.ID, "")
		if seen, ok := sides[name]; ok && seen != j.Verdict {
			return true
		}
		sides[name] = j.Verdict
	}
	return false
}

// compare compares the texts as two columns. It leaves out configuration that
// differs between them, such as the commit: otherwise no row of one text would
// match a row of the other.
func (t *textPair) compare() (*reports.Comparison, error) {
	if len(t.old.Files) != 1 || len(t.new.Files) != 1 {
		return nil, errors.New("want one text for each side")
	}
	if t.old.Files[0].Label == t.new.Files[0].Label {
		return nil, fmt.Errorf("old and new are the same file, %s", t.old.Files[0].Name)
	}
	var same []string
	for _, key := range t.old.Keys() {
		if slices.Equal(valuesOf(t.old, key), valuesOf(t.new, key)) {
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

// addRows adds a row to r for each row of the comparison, and judges its units.
func (t *textPair) addRows(r *Report, c *reports.Comparison) {
	for _, table := range c.Tables {
		pkg, suffix := place(table, c.Facts)
		for i, row := range table.Rows {
			j := &Judged{Row: &Row{Package: pkg, Name: "Benchmark" + row.Name + suffix}, index: -1}
			j.ID = j.Row.ID()
			r.Rows = append(r.Rows, j)
			inOld, inNew := false, false
			for _, u := range table.Units {
				old, new := t.sides(table, u.Cells[i])
				inOld, inNew = inOld || old != nil, inNew || new != nil
				if old != nil && new != nil {
					t.judgeUnit(r, j, u, old, new)
				}
			}
			switch {
			case !inNew:
				j.Verdict, j.Why, j.Allowed = Missing, onlyOld, t.options.AllowMissing
			case !inOld:
				j.Verdict, j.Why = Added, onlyNew
			case j.Time == nil && len(j.Counts) == 0 && j.Verdict == "":
				j.Verdict, j.Why = Unmeasured, "neither ns/op nor an exact unit on both sides"
				if t.options.ExactOnly {
					j.Why = "no exact unit on both sides: measure with -benchmem"
				}
			}
		}
	}
}

// place returns the package of a table, and a suffix that tells its rows from
// rows of other tables.
func place(table *reports.Table, shared []reports.Fact) (pkg, suffix string) {
	for _, f := range shared {
		if f.Key == benchkey.Pkg {
			pkg = f.Value
		}
	}
	for _, f := range table.Config {
		if f.Key == benchkey.Pkg {
			pkg = f.Value
		} else {
			suffix += fmt.Sprintf(" %s:%s", f.Key, f.Value)
		}
	}
	return pkg, suffix
}

// sides returns the cells of old and new; nil for a side without the table. The
// columns of a table are in the order of the texts, and one column may be
// missing.
func (t *textPair) sides(table *reports.Table, cells []*reports.Cell) (old, new *reports.Cell) {
	if len(table.Cols) == 2 {
		return cells[0], cells[1]
	}
	if table.Cols[0] == printable(t.old.Files[0].Label) {
		return cells[0], nil
	}
	return nil, cells[0]
}

// judgeUnit judges one unit of a row: the time, allocations, or any exact unit
// with a direction. All other units are ignored.
func (t *textPair) judgeUnit(r *Report, j *Judged, u *reports.Unit, old, new *reports.Cell) {
	switch {
	case t.options.ExactOnly && !u.Exact && u.Name != "B/op" && u.Name != "allocs/op":
	case u.Name == "sec/op" && !u.Exact:
		j.Time = t.timing(old, new)
		r.Family = max(r.Family, new.VsBase.Tests)
	case u.Exact && u.Better != 0:
		if !allEqual(old.Values) || !allEqual(new.Values) {
			j.Verdict = Unmeasured
			j.Why = u.Name + " is said to be exact, but the values of one text differ"
			return
		}
		j.Counts = append(j.Counts, compareCounts(u, old, new))
	case u.Name == "B/op" || u.Name == "allocs/op":
		c := compareCounts(u, old, new)
		if len(old.Values) < 2 || len(new.Values) < 2 || !allEqual(old.Values) || !allEqual(new.Values) {
			c = t.compareAverages(c, new.VsBase)
		}
		j.Counts = append(j.Counts, c)
	}
}

// allEqual reports whether a count has no noise. One value is equal to itself, so
// callers check the number too.
func allEqual(values []float64) bool { return slices.Min(values) == slices.Max(values) }

// compareCounts compares values without noise: any change for the worse is
// REGRESSED.
func compareCounts(u *reports.Unit, old, new *reports.Cell) Counted {
	c := Counted{Unit: u.Name, Old: old.Values[0], New: new.Values[0], Verdict: Unchanged}
	better := float64(u.Better)
	if better == 0 {
		better = -1 // fewer is better
	}
	c.Why = fmt.Sprintf("%s %s", count(c.New), c.Unit)
	if change := (c.New - c.Old) * better; change != 0 {
		c.Why = c.change()
		c.Verdict = Regressed
		if change > 0 {
			c.Verdict = Improved
		}
	}
	return c
}

// compareAverages compares counts that vary, or that were counted once. An
// increase of those is only a reason to count properly, so it is INCONCLUSIVE at
// most.
func (t *textPair) compareAverages(c Counted, v *reports.Versus) Counted {
	few := v.N1 < 2 || v.N2 < 2
	c.Verdict = Unchanged
	grown := v.Ratio.Medians > 1+t.options.minEffect() || c.Old == 0 && c.New > 0
	if grown && (few || v.Corrected/2 <= t.options.falseAlarm()) {
		c.Verdict = Inconclusive
		c.Why += "; an average that varies, so it is no proof: count it with a duel"
	}
	return c
}

// timing judges the time of a row that has no pairs. It halves the two-sided p of
// the comparison, because the gate tests one side.
func (t *textPair) timing(old, new *reports.Cell) *Timing {
	v := new.VsBase
	r := rule{family: max(1, v.Tests), stages: 1, falseAlarm: t.options.falseAlarm(), wanted: t.options.minEffect()}
	out := &Timing{
		Stage: 1, Wanted: r.wanted, Margin: r.wanted, Level: r.falseAlarm, Corrected: 1,
		OldMedian: old.Summary.Center * 1e9, NewMedian: new.Summary.Center * 1e9,
	}
	out.Estimate = estimateOf(v)
	out.First = out.Estimate
	if out.Ratio >= 1 {
		out.Corrected = v.Corrected / 2
	}
	out.NotSlower = out.Confidence > 0 && out.Hi < 1+out.Wanted
	out.MDE = math.Inf(1)
	if out.Ratio <= 0 {
		out.Verdict, out.Why = Inconclusive, "times of zero or below have no ratio"
		return out
	}
	smallest := math.Exp(-logBinomial(v.N1+v.N2, v.N1)) // least p of a U test: one order of all
	if err := out.standardError(); smallest <= r.level() {
		need := max(math.Log1p(out.Margin), -signedrank.NormalQuantile(r.level())*err)
		out.MDE = mde(detector{err, need})
	}
	out.Verdict = out.verdictOfTexts(v.Corrected/2 <= r.falseAlarm)
	out.Why = out.explainTexts(v, r, smallest)
	return out
}

// estimateOf turns a comparison into an Estimate. Half of a two-sided p is the p
// of the side on which the ratio lies.
func estimateOf(v *reports.Versus) Estimate {
	e := Estimate{
		Pairs: min(v.N1, v.N2), Ratio: v.Ratio.Shift, Lo: v.Ratio.Lo, Hi: v.Ratio.Hi,
		Confidence: v.Ratio.Confidence, Slower: v.P / 2, Faster: 1 - v.P/2,
	}
	if e.Ratio < 1 {
		e.Slower, e.Faster = e.Faster, e.Slower
	}
	return e
}

// verdictOfTexts needs no second stage: texts have no way to measure again.
func (t *Timing) verdictOfTexts(significant bool) Verdict {
	switch {
	case significant && t.Ratio > 1+t.Wanted:
		return Regressed
	case significant && t.Ratio < 1/(1+t.Wanted):
		return Improved
	case t.NotSlower && t.Lo > 1/(1+t.Wanted):
		return Unchanged
	case t.NotSlower:
		return NotSlower
	}
	return Inconclusive
}

// explainTexts says why a row of texts got its verdict.
func (t *Timing) explainTexts(v *reports.Versus, r rule, smallest float64) string {
	words := fmt.Sprintf("%s, %d and %d values", t.summary(), v.N1, v.N2)
	switch {
	case t.Verdict == Regressed || t.Verdict == Improved:
		return words + fmt.Sprintf(", corrected p = %s", probability(v.Corrected/2))
	case t.Verdict == Unchanged:
		return words + ", all within " + percent(t.Wanted)
	case smallest > r.level():
		return words + fmt.Sprintf("; too few for %s: no p below %.2g is possible, %.2g is needed; measure each side "+
			"%d times or more", plural.Of(r.family, "test"), smallest, r.level(), valuesNeeded(r.level()))
	}
	return words + "; the interval leaves the margin of " + percent(t.Wanted)
}

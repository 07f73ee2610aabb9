package history

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/internal/stats"
)

// Options say which changes are told. The zero value tells every change that a test found.
type Options struct {
	// Least is the smallest change that is told: 0.01 is 1 %. Smaller ones are found in long
	// histories, and no user acts on them. 0 tells all.
	Least float64
}

// familyLevel is the chance of any false step in a whole history. With the blocks, which add blockShare
// of it, the chance of a false change is 4.5 %. Package history promises 5 %; the rest keeps a
// simulation of 1000 histories from exceeding 5 % by chance.
const familyLevel = 0.036

// mostRows is how many rows share the level. Rows beyond share a further one: with a smaller level
// for each row, the permutations of one change would take longer than a second.
const mostRows = 1000

// A History is all that a folder says about a branch. Broken files are no error of the whole: a
// history of years must not be lost by one file that a merge cut.
type History struct {
	Runs   []Run // in the order of the dates of their commits
	Rows   []Row // rows that became worse first, then better ones, then the others
	Tested int   // rows with enough runs for a test, and with values that differ
	Notes  []string
	Broken []error // files that could not be read
	Level  float64 // of the test of each row

	scales map[int]*surprises
}

// A Row is one benchmark in one unit over the runs.
//
// Chained rows are of another nature. A gate compares two commits side by side and knows their
// ratio well, but no time that could be compared with the time of another machine. The product of
// the ratios is the only curve that such runs have, and its noise adds up; see History.chained.
type Row struct {
	Name, Unit string
	Better     int
	Points     []Point
	Changes    []Change

	// Chained says that the values are products of the ratios of a gate, from 1 on.
	Chained bool
}

// A Point is the value of a row in one run.
type Point struct {
	Run    int // its index in History.Runs
	Value  float64
	judged bool
}

// A Change is a step between two runs, or a slope over many.
//
// Of a step that the test found, Before and After are medians of all runs of a level and not of the
// two runs at the step, so one disturbed run does not set the size that is told.
type Change struct {
	Run           int // the first run after a step; the first run of a slope
	Before, After float64
	Runs          [2]int  // how many runs stand behind the two values
	Rate          float64 // of a slope: the change in a month; 0.02 is 2 % more. 0 for a step
	Last          int     // the last run of a slope
	By            string  // "gate" if a gate found the step, "" if the test did
	Also          string  // what else changed at the run of a step
	Worse         bool    // for the worse, by the direction of the unit
	Better        bool    // for the better
}

// Ratio returns the value after the change over the value before it; +Inf from zero. A count that
// rises from 0 has no ratio that could be written, and is more than any bound.
func (c Change) Ratio() float64 {
	if c.Before == 0 {
		return math.Inf(1)
	}
	return c.After / c.Before
}

// Load reads a folder and looks for changes. A folder without any good text is an error, and so are
// two texts of one commit.
func Load(dir string, o Options) (*History, error) {
	runs, broken, err := readDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the history: %w", err)
	}
	if len(runs) == 0 {
		return nil, errors.Join(append([]error{fmt.Errorf("%s holds no run; to add one: -add bench.txt",
			escape.Printable(dir))}, broken...)...)
	}
	return New(runs, broken, o)
}

// New returns the history of runs, which are in the order of their dates. The pairs are compared
// one by one, as names of commits may be shortened: two names are of one commit if one begins with
// the other, which no map finds.
func New(runs []Run, broken []error, o Options) (*History, error) {
	for i, a := range runs {
		for _, b := range runs[i+1:] {
			if sameCommit(a.Commit, b.Commit) && (a.Base == "") == (b.Base == "") {
				return nil, fmt.Errorf("commit %s is in the history twice: %s and %s; remove one of them",
					a.Commit, a.File, b.File)
			}
		}
	}
	h := &History{Runs: runs, Broken: broken, scales: map[int]*surprises{}}
	h.collect()
	for _, r := range h.Rows {
		if r.isTested() {
			h.Tested++
		}
	}
	// The level of a row is its share of the level of the whole (Bonferroni). It holds however the
	// rows depend on each other, and rows of one benchmark do.
	h.Level = familyLevel / float64(min(max(h.Tested, 1), mostRows))
	for i := range h.Rows {
		h.Rows[i].Changes = h.changes(&h.Rows[i], o)
	}
	h.Notes = append(h.clockNotes(), append(h.rowNotes(), h.powerNotes()...)...)
	slices.SortStableFunc(h.Rows, func(a, b Row) int { return a.rank() - b.rank() })
	return h, nil
}

// isTested reports whether a row takes a share of the level. A row of equal values shows no change in any order
// of the runs, so it takes none: the bytes and allocations of most benchmarks are such rows.
func (r *Row) isTested() bool { return len(r.Points) >= 2*leastPart && !r.isConstant() }

// isConstant reports whether all values of the row are equal.
func (r *Row) isConstant() bool {
	return !slices.ContainsFunc(r.Points, func(p Point) bool { return p.Value != r.Points[0].Value })
}

// isTooShort reports whether no row has enough runs for a test.
func (h *History) isTooShort() bool {
	return !slices.ContainsFunc(h.Rows, func(r Row) bool { return len(r.Points) >= 2*leastPart })
}

// rank orders rows by what a reader must not miss.
func (r *Row) rank() int {
	switch {
	case slices.ContainsFunc(r.Changes, func(c Change) bool { return c.Worse }):
		return 0
	case len(r.Changes) > 0:
		return 1
	}
	return 2
}

// collect puts the medians of the runs into rows, in the order of their first appearance.
//
// A row of one package needs no package in its name, and rows of several do. The unit is a part of
// the row: values of two units are never in one curve. The key is made from the names as they are,
// and the printable forms are for readers: two names that print alike stay two rows.
func (h *History) collect() {
	packages := map[string]bool{}
	for _, run := range h.Runs {
		for _, m := range run.Rows {
			packages[m.Pkg] = true
		}
	}
	places := map[[2]string]int{}
	for i, run := range h.Runs {
		for _, m := range run.Rows {
			name := m.Name
			if len(packages) > 1 && m.Pkg != "" {
				name = m.Pkg + "." + m.Name
			}
			k := [2]string{name, m.Unit}
			place, ok := places[k]
			if !ok {
				place = len(h.Rows)
				places[k] = place
				h.Rows = append(h.Rows, Row{Name: escape.Printable(name), Unit: escape.Printable(m.Unit),
					Better: m.Better, Chained: m.Unit == Ratio})
			}
			r := &h.Rows[place]
			p := Point{Run: i, Value: m.Value, judged: m.Judged}
			// A run without this row leaves a gap in the product: what changed in it is missing
			// from then on, and clockNotes says so for whole runs.
			if r.Chained && len(r.Points) > 0 {
				p.Value *= r.Points[len(r.Points)-1].Value
			}
			r.Points = append(r.Points, p)
		}
	}
}

// changes returns the changes of one row. Each row has its own generator with a seed of its name, so
// that a new row changes no answer about the others.
//
// Counts that are exact need no test: they differ only if the program does, so each difference is a
// change. Times are searched for points at which the ranks divide.
func (h *History) changes(r *Row, o Options) (list []Change) {
	values, days := make([]float64, len(r.Points)), make([]float64, len(r.Points))
	for i, p := range r.Points {
		values[i] = p.Value
		days[i] = h.Runs[p.Run].Date.Sub(h.Runs[0].Date).Hours() / 24
	}
	seed := fnv.New64a()
	seed.Write([]byte(r.Name + " " + r.Unit))
	f := finder{level: h.Level, rng: rand.New(rand.NewPCG(1, seed.Sum64())), scales: h.scales}
	if r.Chained {
		return h.chained(r, &f, days, o)
	}
	points, exact := exactPoints(values)
	if !exact || r.Unit != "allocs/op" {
		points = f.points(values)
		exact = false
	}
	for _, stretch := range directed(levels(values, points)) {
		// A creeping row gives several small steps in one direction. They are told as one slope,
		// which a reader can act on, and not as steps at commits that did nothing.
		if line, ok := isSlope(stretch, days, values); ok && !exact {
			from, to := stretch[0].from, stretch[len(stretch)-1].to-1
			list = append(list, r.slope(line, days, from, to))
			continue
		}
		for i := 1; i < len(stretch); i++ {
			before, after := stretch[i-1], stretch[i]
			c := Change{Run: r.Points[after.from].Run, Before: before.median, After: after.median,
				Runs: [2]int{before.to - before.from, after.to - after.from}}
			c.Also = h.otherChanges(r.Points[after.from-1].Run, c.Run)
			list = append(list, r.judge(c))
		}
	}
	return slices.DeleteFunc(list, func(c Change) bool { return math.Abs(c.Ratio()-1) < o.Least })
}

// month is a twelfth of a year, in days. Runs are at any distance, so a rate needs a unit of time
// and not of runs.
const month = 365.25 / 12

// slope returns a line as a change, with the values of the line at its two ends. The line is of
// logarithms: a rate of 2 % is 2 % of the value at the time, as a row that creeps does.
func (r *Row) slope(line slope, days []float64, from, to int) Change {
	at := func(i int) float64 { return math.Exp(line.start + line.rate*days[i]) }
	return r.judge(Change{Run: r.Points[from].Run, Last: r.Points[to].Run, Before: at(from), After: at(to),
		Runs: [2]int{to - from + 1, to - from + 1}, Rate: math.Exp(line.rate*month) - 1})
}

// A unit without a direction is neither worse nor better: the change is told and not judged.
func (r *Row) judge(c Change) Change {
	up := c.After > c.Before
	c.Worse = up && r.Better < 0 || !up && r.Better > 0
	c.Better = up && r.Better > 0 || !up && r.Better < 0
	return c
}

// chained returns the changes of a row of ratios: the steps that a gate found, and a slope if the
// ratios are above 1, or below, more often and farther than chance lets them.
//
// The product of noisy ratios wanders without any change, so the test of points would find changes
// in it. The ratios themselves are independent: their signs are permuted (Wilcoxon's signed ranks).
func (h *History) chained(r *Row, f *finder, days []float64, o Options) (list []Change) {
	last := 1.0
	logs := make([]float64, len(r.Points))
	for i, p := range r.Points {
		logs[i] = math.Log(p.Value / last)
		if p.judged {
			// Worse whatever the ratio: the gate may have judged by a count.
			list = append(list, Change{Run: p.Run, Before: last, After: p.Value, Worse: true,
				Runs: [2]int{i, len(r.Points) - i}, By: "gate", Also: h.otherChanges(p.Run-1, p.Run)})
			logs[i] = 0 // told already
		}
		last = p.Value
	}
	rate := stats.Median(logs)
	n := len(logs)
	if rate != 0 && days[n-1] > days[0] && f.isOneSided(logs) {
		line := slope{rate: rate * float64(n-1) / (days[n-1] - days[0])}
		if c := r.slope(line, days, 0, n-1); math.Abs(c.Ratio()-1) >= o.Least {
			list = append(list, c)
		}
	}
	return list
}

// isOneSided reports whether values lie on one side of 0, by their signed ranks.
//
// Under no change each ratio is as likely above 1 as below, so the sign of each logarithm may be
// turned round without a loss. The answer is yes if the observed sum is among the rarest of the
// orders. It stops at the first order too many, since a row without a slope is the usual case and
// then costs a few orders.
func (f *finder) isOneSided(values []float64) bool {
	sizes := make([]float64, len(values))
	for i, v := range values {
		sizes[i] = math.Abs(v)
	}
	ranks := ranksOf(nil, sizes)
	middle, observed := float64(len(values)+1)/2, 0.0
	for i := range ranks {
		ranks[i] += middle
		if values[i] == 0 {
			// a ratio of exactly 1 speaks for neither side
			ranks[i] = 0
		}
		observed += math.Copysign(ranks[i], values[i])
	}
	orders := max(999, int(math.Ceil(4/f.level)))
	allowed := int(f.level*float64(orders+1)) - 1
	for range orders {
		sum := 0.0
		for _, r := range ranks {
			if f.rng.Uint64()&1 == 0 {
				r = -r
			}
			sum += r
		}
		// Sums of ranks are halves of integers, so the tolerance only covers rounding.
		if math.Abs(sum) >= math.Abs(observed)-1e-9 {
			if allowed--; allowed < 0 {
				return false
			}
		}
	}
	return true
}

// otherChanges names what changed besides the code between two runs: a new processor explains a
// step better than any commit. Only keys that both runs have are compared: a key that is new says
// that the tool learned it, not that the machine changed.
func (h *History) otherChanges(before, after int) string {
	if before < 0 {
		return ""
	}
	var list []string
	for _, f := range h.Runs[after].Facts {
		for _, old := range h.Runs[before].Facts {
			if old.Key == f.Key && old.Value != f.Value {
				list = append(list, fmt.Sprintf("%s from %s to %s", f.Key, escape.Printable(old.Value),
					escape.Printable(f.Value)))
			}
		}
	}
	return strings.Join(list, ", ")
}

// clockNotes names runs that were added later than a run with a later date. A date is not
// corrected, because either order may be the right one.
func (h *History) clockNotes() []string {
	var late, other []string
	for i := 1; i < len(h.Runs); i++ {
		if a, b := h.Runs[i-1], h.Runs[i]; a.Added.After(b.Added) {
			late = append(late, fmt.Sprintf("%s was added after %s and is dated before it: the clock went "+
				"backwards, or an older commit was measured later; runs stand in the order of their dates",
				h.Name(i-1), h.Name(i)))
		}
		if a, b := h.Runs[i-1], h.Runs[i]; b.Base != "" && a.Base != "" && !sameCommit(b.Base, a.Commit) {
			other = append(other, fmt.Sprintf("the gate of %s compares with %s and not with %s, the run before: "+
				"what changed in between is in no product", h.Name(i), b.Base, h.Name(i-1)))
		}
	}
	return append(fold(late, "more run", "of this kind"), fold(other, "more gate", "of this kind")...)
}

// mostNotes is how many notes of one kind are written out. A package that was renamed has a thousand
// rows that vanish. The notes stand before the changes, so a long list would push the findings off
// the screen.
const mostNotes = 5

// fold keeps the first notes of one kind, and counts the others.
func fold(notes []string, thing, what string) []string {
	more := len(notes) - mostNotes
	if more <= 0 {
		return notes
	}
	return append(notes[:mostNotes], plural.Of(more, thing)+" "+what)
}

// rowNotes names rows that are missing from the newest run, and rows whose unit changed. A row of a
// gate is missing from runs without a gate by nature, and is not named.
func (h *History) rowNotes() (notes []string) {
	newest := len(h.Runs) - 1
	for _, r := range h.Rows {
		last := r.Points[len(r.Points)-1].Run
		if last == newest || r.Chained != (h.Runs[newest].Base != "") {
			continue
		}
		note := fmt.Sprintf("row %s (%s) vanished: it is last in %s, %s ago", r.Name, r.Unit,
			h.Name(last), plural.Of(newest-last, "run"))
		for _, other := range h.Rows {
			if first := other.Points[0].Run; other.Name == r.Name && first > last {
				note = fmt.Sprintf("row %s is in %s until %s and in %s from %s on: its unit changed, and "+
					"values of two units are not compared", r.Name, r.Unit, h.Name(last), other.Unit, h.Name(first))
			}
		}
		notes = append(notes, note)
	}
	return fold(notes, "more row", "vanished")
}

// powerNotes says when the history is too short to show anything. Silence would read as "nothing
// changed" where nothing could show.
func (h *History) powerNotes() []string {
	most := 0
	for _, r := range h.Rows {
		most = max(most, len(r.Points))
	}
	if canShow(most, h.Level) {
		return nil
	}
	need := most
	for !canShow(need, h.Level) {
		need++
	}
	return []string{fmt.Sprintf("%s of %s: no change of a time can show yet, not even a large one; %d runs can",
		plural.Of(most, "run"), plural.Of(len(h.Rows), "row"), need)}
}

// canShow reports whether n runs can show a step at the level. The rarest order has all smaller
// values in one half: two of the binomial (n over n/2) orders. Two, because the order in which the
// later half is smaller counts as well.
func canShow(n int, level float64) bool {
	orders := 1.0
	for i := 1; i <= n/2; i++ {
		orders *= float64(n-n/2+i) / float64(i)
	}
	return n >= 2*leastPart && 2/orders <= level
}

// Name returns the short name of a commit with its date.
func (h *History) Name(run int) string {
	r := h.Runs[run]
	return short(r.Commit) + " (" + r.Date.UTC().Format("2006-01-02") + ")"
}

func short(commit string) string { return commit[:min(10, len(commit))] }

// BecameWorse reports whether a row is worse since a change that is its last one. A row that became
// worse and was repaired does not count: there is nothing to do about it.
func (h *History) BecameWorse() (rows int) {
	for _, r := range h.Rows {
		if n := len(r.Changes); n > 0 && r.Changes[n-1].Worse {
			rows++
		}
	}
	return rows
}

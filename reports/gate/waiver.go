package gate

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseWaivers reads waivers that are separated by empty lines:
//
//	# sorting is stable now, and that costs
//	row:     example.com/sort.BenchmarkSort/*
//	metric:  ns/op
//	ceiling: ×1.20
//	reason:  a stable sort was asked for
//	issue:   https://example.com/issues/12
//	expires: 2027-01-31
//
// All six lines are needed, in any order. Lines that begin with # are comments.
//
// A row is the package, a dot and the benchmark, or the benchmark alone. In it *
// stands for any text, slashes included, and /…/ is a regular expression. A
// ceiling is a factor (×1.20 or x1.20), or for counts an amount per operation
// (+2): a factor would be useless for a count of 0.
//
// The error names the first broken line as name:line.
func ParseWaivers(name, text string) ([]Waiver, error) {
	p := waiverParser{name: name}
	for i, line := range strings.Split(text, "\n") {
		if err := p.line(i+1, strings.TrimSpace(line)); err != nil {
			return nil, err
		}
	}
	if err := p.end(); err != nil {
		return nil, err
	}
	return p.list, nil
}

// A waiverParser reads line by line. The waiver that is being read is the last of
// list.
type waiverParser struct {
	name  string // of the file
	list  []Waiver
	first int               // line on which the current waiver begins
	seen  map[string]string // keys of the current waiver with their values; empty between waivers
}

// errorf returns an error that names the file and the line.
func (p *waiverParser) errorf(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", p.name, line, fmt.Sprintf(format, args...))
}

// waiverKeys are the keys that every waiver needs.
var waiverKeys = []string{"row", "metric", "ceiling", "reason", "issue", "expires"}

// line reads one line. An empty line ends the current waiver.
func (p *waiverParser) line(number int, text string) error {
	if text == "" {
		return p.end()
	}
	if strings.HasPrefix(text, "#") {
		return nil
	}
	key, value, ok := strings.Cut(text, ":")
	value = strings.TrimSpace(value)
	if !ok || !slices.Contains(waiverKeys, key) {
		return p.errorf(number, "%q is not one of %s, each followed by a colon",
			key, strings.Join(waiverKeys, ", "))
	}
	if value == "" {
		return p.errorf(number, "%s is empty", key)
	}
	if len(p.seen) == 0 {
		p.seen = make(map[string]string)
		p.first = number
		p.list = append(p.list, Waiver{Pos: fmt.Sprintf("%s:%d", p.name, number)})
	}
	if _, twice := p.seen[key]; twice {
		return p.errorf(number, "a second %s in one waiver; put an empty line between waivers", key)
	}
	p.seen[key] = value
	if err := p.list[len(p.list)-1].set(key, value); err != nil {
		return p.errorf(number, "%v", err)
	}
	return nil
}

// end checks that the current waiver has all keys. Between waivers it does
// nothing.
func (p *waiverParser) end() error {
	if len(p.seen) == 0 {
		return nil
	}
	for _, key := range waiverKeys {
		if p.seen[key] == "" {
			return p.errorf(p.first, "the waiver that begins here has no %s", key)
		}
	}
	p.seen = nil
	return nil
}

// set fills in the field of a key.
func (w *Waiver) set(key, value string) (err error) {
	switch key {
	case "row":
		w.Pattern = value
		w.rows, err = rowPattern(value)
	case "metric":
		w.Metric = value
	case "ceiling":
		return w.setCeiling(value)
	case "reason":
		w.Reason = value
	case "issue":
		w.Issue = value
	case "expires":
		if w.Expires, err = time.Parse(time.DateOnly, value); err != nil {
			return fmt.Errorf("expires %q is no day, want one like 2027-01-31", value)
		}
	}
	return err
}

// rowPattern compiles a pattern of rows. Wildcards are anchored at both ends,
// regular expressions are not.
func rowPattern(s string) (*regexp.Regexp, error) {
	if len(s) > 1 && strings.HasPrefix(s, "/") && strings.HasSuffix(s, "/") {
		return regexp.Compile(s[1 : len(s)-1])
	}
	parts := strings.Split(s, "*")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.Compile("^(?s:" + strings.Join(parts, ".*") + ")$")
}

// setCeiling reads a factor or an amount. A factor of 1 or less would waive
// nothing, so it is refused.
func (w *Waiver) setCeiling(value string) error {
	number, factor := strings.CutPrefix(strings.Replace(value, "x", "×", 1), "×")
	amount, perOp := strings.CutPrefix(value, "+")
	if perOp {
		number = amount
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || factor == perOp || v <= 0 || v > 1e6 || v != v || factor && v <= 1 {
		return fmt.Errorf("ceiling %q is neither a factor over 1 such as ×1.20 nor an amount per "+
			"operation such as +2", value)
	}
	w.Ceiling, w.PerOp = v, perOp
	return nil
}

// waive turns a verdict into WAIVED if a waiver for the metric allows the change.
// A waiver that does not go far enough is recorded in j all the same, and
// printed: the row regressed beyond it.
func (j *Judged) waive(o Options, metric string, v Verdict, allows func(*Waiver) bool) Verdict {
	if v != Regressed && v != Inconclusive {
		return v
	}
	for i := range o.Waivers {
		w := &o.Waivers[i]
		if w.expired(o.today()) || !w.Matches(j.Row, metric) {
			continue
		}
		j.Waiver = w
		if allows(w) {
			return Waived
		}
	}
	return v
}

// allowedBy reports whether w allows the change of time. Where nothing is proven,
// the change may be as large as the far end of the interval.
func (t *Timing) allowedBy(w *Waiver) bool {
	ratio := t.Ratio
	if t.Verdict == Inconclusive {
		ratio = t.Hi
	}
	return w.allows(t.OldMedian, t.OldMedian*ratio)
}

// noteUnusedWaivers names waivers that are in force and that no row needed. That
// is no error: the row may be noisy and need its waiver in the next run.
func (r *Report) noteUnusedWaivers() {
	for i := range r.options.Waivers {
		w := &r.options.Waivers[i]
		used := slices.ContainsFunc(r.Rows, func(j *Judged) bool { return j.Waiver == w })
		if !used && !w.expired(r.options.today()) {
			r.Notes = append(r.Notes,
				fmt.Sprintf("%s: the waiver of %s was not needed in this run", w.Pos, w.Pattern))
		}
	}
}

// knowsRows reports whether every row that there is has a name in the report. In
// an incomplete run some rows were not reached, and the sub-benchmarks of rows
// that are IDENTICAL are unknown.
func (r *Report) knowsRows() bool {
	return !r.incomplete() && r.Count(SameCode) == 0 && r.elsewhere == 0
}

// checkWaivers describes the waivers that have expired or fit no row. Where rows
// are unknown (complete is false), only expiry counts.
func checkWaivers(o Options, rows []*Judged, complete bool) (errs []string) {
	for i := range o.Waivers {
		w := &o.Waivers[i]
		if w.expired(o.today()) {
			errs = append(errs, fmt.Sprintf("%s: the waiver of %s expired after %s; fix the row, or "+
				"give it a new day with a reason (%s)", w.Pos, w.Pattern,
				w.Expires.Format(time.DateOnly), w.Issue))
		}
		fits := false
		for _, j := range rows {
			fits = fits || w.matchesRow(j.Row)
		}
		if complete && !fits {
			errs = append(errs, fmt.Sprintf("%s: the waiver of %s fits no row; remove it, or correct "+
				"its pattern", w.Pos, w.Pattern))
		}
	}
	return errs
}

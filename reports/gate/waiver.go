package gate

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Waiver lets rows regress up to a ceiling until a day. It is printed while it is needed, and an
// error once it expired or fits no row: what nobody remembers must not go on hiding things.
type Waiver struct {
	Pattern string // of rows, as written
	Metric  string // ns/op, allocs/op, B/op …
	Ceiling float64
	PerOp   bool // Ceiling is an amount per operation over the old side, and no ratio
	Reason  string
	Issue   string
	Expires time.Time // the last day on which it holds
	Pos     string    // file:line

	rows *regexp.Regexp
}

// Matches reports whether w is for row and metric.
func (w *Waiver) Matches(row *Row, metric string) bool {
	return w.Metric == metric && w.matchesRow(row)
}

func (w *Waiver) matchesRow(row *Row) bool {
	return w.rows.MatchString(row.ID()) || w.rows.MatchString(row.Name)
}

// allows reports whether old to new is no further than the ceiling.
func (w *Waiver) allows(old, new float64) bool {
	if w.PerOp {
		return new-old <= w.Ceiling
	}
	return new <= old*w.Ceiling
}

func (w *Waiver) expired(today time.Time) bool {
	return today.Format(time.DateOnly) > w.Expires.Format(time.DateOnly)
}

// Limit is the ceiling in words: ×1.20, or +2.
func (w *Waiver) Limit() string {
	if w.PerOp {
		return fmt.Sprintf("+%g", w.Ceiling)
	}
	return fmt.Sprintf("×%.4g", w.Ceiling)
}

// ParseWaivers reads a text of waivers, separated by empty lines:
//
//	# sorting is stable now, and that costs
//	row:     example.com/sort.BenchmarkSort/*
//	metric:  ns/op
//	ceiling: ×1.20
//	reason:  a stable sort was asked for
//	issue:   https://example.com/issues/12
//	expires: 2027-01-31
//
// All six lines are needed, in any order; lines that begin with # are comments. A row is the
// package, a dot and the benchmark, or the benchmark alone; * stands for any text, slashes
// included, and /…/ is a regular expression. A ceiling is a factor (×1.20 or x1.20), or for counts
// an amount per operation (+2), because nothing is a multiple of 0.
//
// It returns the first error, with name and line.
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

type waiverParser struct {
	name  string
	list  []Waiver
	first int // line of the waiver that is being read
	seen  map[string]string
}

func (p *waiverParser) errorf(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", p.name, line, fmt.Sprintf(format, args...))
}

var waiverKeys = []string{"row", "metric", "ceiling", "reason", "issue", "expires"}

func (p *waiverParser) line(number int, text string) error {
	if text == "" {
		return p.end()
	}
	if strings.HasPrefix(text, "#") {
		return nil
	}
	key, value, ok := strings.Cut(text, ":")
	value = strings.TrimSpace(value)
	if !ok || !isWaiverKey(key) {
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

func isWaiverKey(s string) bool {
	for _, k := range waiverKeys {
		if s == k {
			return true
		}
	}
	return false
}

// end is the end of a waiver, if one was begun.
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

// checkWaivers returns what is wrong with the waivers, whatever was measured. Of a run that is not
// whole nobody knows which rows it would have had.
func checkWaivers(o Options, rows []*Judged, whole bool) (errs []string) {
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
		if whole && !fits {
			errs = append(errs, fmt.Sprintf("%s: the waiver of %s fits no row; remove it, or correct "+
				"its pattern", w.Pos, w.Pattern))
		}
	}
	return errs
}

package gate

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Options says how strictly a run is judged. The zero value means the defaults
// that the fields name.
type Options struct {
	// MinEffect is the smallest slowdown that counts, 0.05 for 5 %. Less than
	// 0.03 means 0.03: code layout and the measurement itself move a row by that
	// much.
	MinEffect float64

	// FalseAlarm is the greatest chance of even one false REGRESSED in a run; 0
	// means 0.005. One false alarm in a hundred runs is tolerable for a build.
	// The default is half of that, because the test cannot see every danger:
	// pairs may depend on each other, for example.
	FalseAlarm float64

	// Tolerate lets a run pass with INCONCLUSIVE rows that would have shown a
	// slowdown of this size. 0.10 tolerates rows that would have shown 10 %, +Inf
	// all of them, 0 none. Tolerated rows are still printed. See
	// [ParseTolerance].
	Tolerate float64

	// MaxInstructions is the increase of instructions by which a row regresses by
	// itself, 0.05 for 5 %. 0 means none: MORE WORK is named, and time decides.
	MaxInstructions float64

	// AllowMissing lets a run pass with rows that the new side does not have any more.
	AllowMissing bool

	// TrustTexts makes an advisory REGRESSED exit with 1. Without it the exit
	// code is 3: such data can raise a suspicion, but two texts of identical
	// programs often do so as well.
	TrustTexts bool

	// ExactOnly ignores the times of two texts. Counts are the same on any
	// machine with the same Go version, build flags and architecture, so one text
	// may be a baseline from another machine.
	ExactOnly bool

	Waivers []Waiver
	Today   time.Time // decides which waivers have expired; the zero time means now
}

// floor is the least MinEffect.
const floor = 0.03

// minEffect, falseAlarm and today return the fields with their defaults.
func (o Options) minEffect() float64 { return max(o.MinEffect, floor) }

func (o Options) falseAlarm() float64 {
	if o.FalseAlarm <= 0 {
		return 0.005
	}
	return o.FalseAlarm
}

func (o Options) today() time.Time {
	if o.Today.IsZero() {
		return time.Now()
	}
	return o.Today
}

// ParseTolerance reads a value of Options.Tolerate: "fail" for 0, "warn" for
// +Inf, or "10%" for 0.10.
func ParseTolerance(s string) (float64, error) {
	switch s {
	case "fail":
		return 0, nil
	case "warn":
		return math.Inf(1), nil
	}
	percent, isPercent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
	if err != nil || !isPercent || !(v > 0) || math.IsInf(v, 1) { // !(v > 0) refuses NaN too
		return 0, fmt.Errorf(`what to do with inconclusive rows: %q is not "fail", "warn" or the `+
			`slowdown that they have to be able to show, such as "10%%"`, s)
	}
	return v / 100, nil
}

// A Waiver lets rows regress up to a ceiling until a day. It is printed while it
// is needed. A waiver that has expired or that fits no row is an error, so that a
// forgotten waiver does not go on hiding regressions.
type Waiver struct {
	Pattern string  // of rows, as written
	Metric  string  // ns/op, allocs/op, B/op …
	Ceiling float64 // a factor of the old side, or with PerOp an amount over it
	PerOp   bool    // Ceiling is an amount per operation and no factor
	Reason  string
	Issue   string
	Expires time.Time // the last day on which it holds
	Pos     string    // file:line

	rows *regexp.Regexp // of Pattern
}

// Matches reports whether w is for this metric of this row.
func (w *Waiver) Matches(row *Row, metric string) bool {
	return w.Metric == metric && w.matchesRow(row)
}

// matchesRow compares the pattern with the ID and with the name alone, so that a
// waiver need not name the package.
func (w *Waiver) matchesRow(row *Row) bool {
	return w.rows.MatchString(row.ID()) || w.rows.MatchString(row.Name)
}

// allows reports whether a change from old to new stays within the ceiling.
func (w *Waiver) allows(old, new float64) bool {
	if w.PerOp {
		return new-old <= w.Ceiling
	}
	return new <= old*w.Ceiling
}

// expired compares days and not moments: a waiver holds for the whole of its last
// day.
func (w *Waiver) expired(today time.Time) bool {
	return today.Format(time.DateOnly) > w.Expires.Format(time.DateOnly)
}

// Limit returns the ceiling as text: ×1.20, or +2.
func (w *Waiver) Limit() string {
	if w.PerOp {
		return fmt.Sprintf("+%g", w.Ceiling)
	}
	return fmt.Sprintf("×%.4g", w.Ceiling)
}

package gate

import (
	"fmt"
	"math"
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

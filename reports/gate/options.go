package gate

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Options says what a run is judged by. The zero value is the usual way.
type Options struct {
	// MinEffect is the smallest slowdown that counts, 0.05 for 5 %. Less than 0.03 means 0.03: code
	// layout and the measurement itself move a row by that much.
	MinEffect float64

	// FalseAlarm is the greatest chance of even one false REGRESSED in a run; 0 means 0.005. That is half
	// of what a build can bear, one in a hundred: the other half is for what the test cannot know, as
	// pairs that depend on each other.
	FalseAlarm float64

	// Tolerate lets a run pass with INCONCLUSIVE rows that would have shown a slowdown of this size:
	// 0.10 those that would have shown 10 %, +Inf all, 0 none. They are printed all the same. See
	// [ParseTolerance].
	Tolerate float64

	// AllowMissing lets a run pass with rows that exist on one side only.
	AllowMissing bool

	// TrustTexts lets an advisory REGRESSED exit with 1. Without it the exit code is 3: such data
	// can raise a suspicion, but two texts of identical programs do that as well.
	TrustTexts bool

	// ExactOnly leaves the times of two texts aside. What is counted is the same on any machine with the
	// same Go version and architecture, so one of them may be a baseline from elsewhere.
	ExactOnly bool

	Waivers []Waiver
	Today   time.Time // for waivers to expire; the zero time means now
}

// floor is the least MinEffect.
const floor = 0.03

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

// ParseTolerance reads Options.Tolerate: "fail" for none, "warn" for all, or "10%".
func ParseTolerance(s string) (float64, error) {
	switch s {
	case "fail":
		return 0, nil
	case "warn":
		return math.Inf(1), nil
	}
	percent, isPercent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
	if err != nil || !isPercent || !(v > 0) || math.IsInf(v, 1) {
		return 0, fmt.Errorf(`what to do with inconclusive rows: %q is not "fail", "warn" or the `+
			`slowdown that they have to be able to show, such as "10%%"`, s)
	}
	return v / 100, nil
}

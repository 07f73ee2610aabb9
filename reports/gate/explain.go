package gate

import (
	"fmt"
	"math"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/gate/internal/signedrank"
)

// lacksSecondStage reports whether t is of a suspect whose second stage was not
// measured.
func (r rule) lacksSecondStage(t *Timing) bool {
	return r.stages == 2 && t.Stage == 1 && isSuspect(t.First, t.Margin)
}

// explain says why a row got its verdict on time, in words that tell the reader
// what to do.
func (r rule) explain(t *Timing) string {
	switch {
	case t.Verdict == Regressed:
		return fmt.Sprintf("%s; %s", t.summary(), r.explainStage(t))
	case t.Verdict == Improved:
		return t.summary()
	case t.Verdict == Unchanged:
		return fmt.Sprintf("%s, all within %s", t.summary(), percent(t.Wanted))
	case t.Verdict == NotSlower:
		return fmt.Sprintf("%s: not slower by %s or more; whether faster is open",
			t.summary(), percent(t.Wanted))
	case t.Confidence == 0:
		return t.sample() + " are too few for an interval, 6 are needed: give -pairs or -max-time more"
	case r.lacksSecondStage(t):
		return "cannot tell: " + t.summary() + "; it looks slower, and was not measured again: the run ended, or " +
			"-max-time left no time for it; give it more, or choose this row with -bench"
	case math.IsInf(t.MDE, 1):
		return fmt.Sprintf("cannot tell: %s; too few pairs for %s: no p below %.2g is possible, %.2g is needed: give "+
			"-pairs or -max-time more, or choose fewer rows with -bench",
			t.summary(), plural.Of(r.family, "test"), signedrank.SmallestP(r.decidingUnits(t)), r.level())
	}
	// Beside an interval that goes further, the slowdown without its chance would read as a contradiction.
	often := ""
	if t.Hi > 1+t.MDE {
		often = "in 4 of 5 runs "
	}
	words := fmt.Sprintf("cannot tell: %s; %sa slowdown of more than %s would have been seen",
		t.summary(), often, percent(t.MDE))
	if t.Noise > t.Wanted {
		words += "; like rows differ from themselves by " + percent(t.Noise)
	}
	return words
}

// explainStage says which pairs found a slowdown, and with what p.
func (r rule) explainStage(t *Timing) string {
	if t.Stage == 2 {
		again := "again "
		if !isSuspect(t.First, t.Margin) {
			again = "" // the first stage left it open
		}
		return fmt.Sprintf("found %sin %s of fresh processes, p = %s of %s allowed",
			again, t.sample(), probability(t.Slower), probability(t.Level/float64(max(1, r.family))))
	}
	return fmt.Sprintf("%s, corrected p = %s", t.sample(), probability(t.Corrected))
}

// decidingUnits returns how many units the deciding stage has, or would have.
func (r rule) decidingUnits(t *Timing) int {
	if r.stages == 2 && t.Stage == 1 {
		return SecondPairs(t.Units)
	}
	return t.Units
}

// sample is "48 pairs", or "96 pairs of 48 layouts" where pairs share layouts.
func (e Estimate) sample() string {
	if e.Units == e.Pairs {
		return plural.Of(e.Pairs, "pair")
	}
	return fmt.Sprintf("%s of %s", plural.Of(e.Pairs, "pair"), plural.Of(e.Units, "layout"))
}

// summary is "5.2 % slower (+3.9 % to +6.4 %)".
func (e Estimate) summary() string {
	if e.Pairs == 0 {
		return "no pairs"
	}
	size, direction := e.Ratio-1, "slower"
	if e.Ratio < 1 {
		size, direction = 1-e.Ratio, "faster"
	}
	if e.Confidence == 0 {
		return fmt.Sprintf("%s %s, without an interval", percent(size), direction)
	}
	return fmt.Sprintf("%s %s (%s to %s)", percent(size), direction, signed(e.Lo-1), signed(e.Hi-1))
}

// interval is "[1.039, 1.064]".
func (e Estimate) interval() string { return "[" + ratio(e.Lo) + ", " + ratio(e.Hi) + "]" }

// percent has one digit behind the point below 10 %, where small differences
// matter.
func percent(v float64) string {
	switch {
	case math.IsInf(v, 1) || math.IsNaN(v):
		return "∞"
	case math.Abs(v) < 0.0995: // 0.0995 is shown as 10 %
		return fmt.Sprintf("%.1f %%", v*100)
	}
	return fmt.Sprintf("%.0f %%", v*100)
}

// signed is percent with a plus where the value is above zero.
func signed(v float64) string {
	if v > 0 {
		return "+" + percent(v)
	}
	return percent(v)
}

// ratio has three digits behind the point up to a factor of 10, because small
// differences matter.
func ratio(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "∞"
	case v < 9.9995:
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// probability has one digit for small values: more would be false precision.
func probability(p float64) string {
	if p >= 0.0995 {
		return fmt.Sprintf("%.2f", p)
	}
	return fmt.Sprintf("%.1g", p)
}

// nanoseconds has four digits and a unit that fits them.
func nanoseconds(v float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}} {
		if v >= u.size {
			return fmt.Sprintf("%.4g %s", v/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.4g ns", v)
}

// printable makes a name safe for a terminal or a page: a name may hold control
// characters.
func printable(s string) string { return escape.Printable(s) }

// cut shortens s to at most the given number of characters. It keeps the
// beginning of s, which tells more than its end.
func cut(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

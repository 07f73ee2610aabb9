package gate

import (
	"fmt"
	"math"

	"github.com/semabench/semabench/internal/escape"
)

// why explains a verdict on time to somebody who has to act on it.
func (r rule) why(t *Timing, row *Row) string {
	switch {
	case t.Verdict == Regressed:
		return fmt.Sprintf("%s; %s", t.summary(), r.stageWords(t))
	case t.Verdict == Improved:
		return t.summary()
	case t.Verdict == Unchanged:
		return fmt.Sprintf("%s, all within %s", t.summary(), percent(t.Wanted))
	case t.Confidence == 0:
		return t.of() + " are too few for an interval, 6 are needed"
	case r.waiting(t):
		return t.summary() + "; a suspect whose second stage was not measured"
	case math.IsInf(t.MDE, 1):
		return fmt.Sprintf("%s; too few pairs for %s: no p below %.2g is possible, %.2g is needed",
			t.summary(), plural(r.family, "test"), smallestP(r.decidingUnits(t)), r.level())
	case t.NotSlower:
		return fmt.Sprintf("%s: not slower by %s or more; whether faster is open",
			t.summary(), percent(t.Wanted))
	}
	words := t.summary() + "; the interval leaves the margin of " + percent(t.Wanted)
	if t.Noise > t.Wanted {
		words += ", and like rows differ from themselves by " + percent(t.Noise)
	}
	return words + ". This run would have found " + percent(t.MDE)
}

func (r rule) decidingUnits(t *Timing) int {
	if r.stages == 2 && t.Stage == 1 {
		return SecondPairs(t.Units)
	}
	return t.Units
}

// of is "48 pairs", or "96 pairs of 48 layouts" where these have to share.
func (e Estimate) of() string {
	if e.Units == e.Pairs {
		return plural(e.Pairs, "pair")
	}
	return fmt.Sprintf("%s of %s", plural(e.Pairs, "pair"), plural(e.Units, "layout"))
}

func (r rule) stageWords(t *Timing) string {
	if t.Stage == 2 {
		return fmt.Sprintf("found again in %s of fresh processes, p = %s of %s allowed",
			t.of(), probability(t.Slower), probability(r.level()))
	}
	return fmt.Sprintf("%s, corrected p = %s", t.of(), probability(t.Corrected))
}

// summary is "5.2 % slower (3.9 % to 6.4 %)".
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

func percent(v float64) string {
	switch {
	case math.IsInf(v, 1) || math.IsNaN(v):
		return "∞"
	case math.Abs(v) < 0.0995:
		return fmt.Sprintf("%.1f %%", v*100)
	}
	return fmt.Sprintf("%.0f %%", v*100)
}

func signed(v float64) string {
	if v > 0 {
		return "+" + percent(v)
	}
	return percent(v)
}

// ratio has three digits behind the point up to a factor of 10: it is about small differences.
func ratio(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "∞"
	case v < 9.9995:
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

func (e Estimate) interval() string { return "[" + ratio(e.Lo) + ", " + ratio(e.Hi) + "]" }

func probability(p float64) string {
	if p >= 0.0995 {
		return fmt.Sprintf("%.2f", p)
	}
	return fmt.Sprintf("%.1g", p)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// shown is for names, which may hold anything.
func shown(s string) string { return escape.Printable(s) }

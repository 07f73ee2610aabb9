package picture

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
)

// logTicks are round numbers on an axis of decimal logarithms. plot.LogScale would place the label
// of an axis as if it were linear, and make room for it where it is not; it also panics at
// zero. plot.LogTicks has powers of ten only: none, or one, on an axis from 2 to 30.
type logTicks struct {
	most   int
	format func(float64) string
}

// Ticks takes the finest of a few ladders of round numbers that has at most as many as fit.
func (t logTicks) Ticks(low, high float64) []plot.Tick {
	for _, ladder := range [][]float64{{1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9},
		{1, 1.5, 2, 3, 5, 7}, {1, 2, 5}, {1, 3}, {1}} {
		if ticks := t.on(ladder, 1, low, high); len(ticks) <= t.most {
			return t.orEnds(ticks, low, high)
		}
	}
	for every := 2; ; every++ { // so many decades that some powers of ten must go
		if ticks := t.on([]float64{1}, every, low, high); len(ticks) <= t.most {
			return t.orEnds(ticks, low, high)
		}
	}
}

func (t logTicks) on(ladder []float64, every int, low, high float64) (ticks []plot.Tick) {
	for e := int(math.Floor(low)); e <= int(math.Ceil(high)); e++ {
		if e%every != 0 {
			continue
		}
		for _, m := range ladder {
			if at := math.Log10(m) + float64(e); at >= low && at <= labelled(low, high) {
				ticks = append(ticks, plot.Tick{Value: at, Label: t.format(m * math.Pow10(e))})
			}
		}
	}
	return ticks
}

// orEnds labels the ends of an axis that is so short that fewer than two round numbers are on it.
func (t logTicks) orEnds(ticks []plot.Tick, low, high float64) []plot.Tick {
	if len(ticks) > 1 {
		return ticks
	}
	label := func(at float64) string { return t.format(math.Pow(10, at)) }
	high = labelled(low, high)
	return []plot.Tick{{Value: low, Label: label(low)}, {Value: high, Label: label(high)}}
}

// labelled is up to where on an axis there are labels. One at the very end would stick out, and gonum
// make room for it: the charts of a row would begin at different heights.
func labelled(low, high float64) float64 { return high - 0.03*(high-low) }

// linearTicks are gonum's with our text.
type linearTicks struct{ format func(float64) string }

func (t linearTicks) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, labelled(low, high))
	for i := range ticks {
		if !ticks[i].IsMinor() {
			ticks[i].Label = t.format(ticks[i].Value)
		}
	}
	return ticks
}

// widened leaves a little room on an axis of logarithms, and some if all values are one.
func widened(low, high float64) (float64, float64) {
	by := max(0.01, 0.05*(high-low))
	return low - by, high + by
}

func short(v float64) string { return fmt.Sprintf("%.4g", v) }

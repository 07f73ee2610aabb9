package picture

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
)

// logTicks are round numbers on an axis of decimal logarithms. The axis itself is linear, because
// plot.LogScale places the label of an axis as on a linear one, and panics at zero. plot.LogTicks
// has powers of ten only: none, or one, on an axis from 2 to 30.
type logTicks struct {
	most   int
	format func(float64) string
}

// Ticks returns the finest of a few sets of round numbers that has at most as many as fit. The
// sets are ordered from fine to coarse, and the last loop ends because a stride beyond the axis
// leaves at most one tick.
func (t logTicks) Ticks(low, high float64) []plot.Tick {
	for _, ladder := range [][]float64{{1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9},
		{1, 1.5, 2, 3, 5, 7}, {1, 2, 5}, {1, 3}, {1}} {
		if ticks := t.on(ladder, 1, low, high); len(ticks) <= t.most {
			return t.orEnds(ticks, low, high)
		}
	}
	for every := 2; ; every++ { // with so many decades, some powers of ten are left out
		if ticks := t.on([]float64{1}, every, low, high); len(ticks) <= t.most {
			return t.orEnds(ticks, low, high)
		}
	}
}

// on returns a tick for each number m·10^e on the axis, where m is in ladder and e is a multiple
// of every. low and high are decimal logarithms.
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

// orEnds labels the ends of an axis that is too short for two round numbers. One tick alone gives
// no scale: a reader needs two to know how far a factor is.
func (t logTicks) orEnds(ticks []plot.Tick, low, high float64) []plot.Tick {
	if len(ticks) > 1 {
		return ticks
	}
	label := func(at float64) string { return t.format(math.Pow(10, at)) }
	high = labelled(low, high)
	return []plot.Tick{{Value: low, Label: label(low)}, {Value: high, Label: label(high)}}
}

// labelled returns the end of the labelled part of an axis. A label at the very end would stick
// out, and gonum/plot would make room for it: the charts of a row would begin at different
// heights.
func labelled(low, high float64) float64 { return high - 0.03*(high-low) }

// linearTicks are the ticks of gonum/plot with the format of this package.
type linearTicks struct{ format func(float64) string }

// Ticks returns the ticks without the ones near the end; see labelled. Minor ticks stay without
// text.
func (t linearTicks) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, labelled(low, high))
	for i := range ticks {
		if !ticks[i].IsMinor() {
			ticks[i].Label = t.format(ticks[i].Value)
		}
	}
	return ticks
}

// widened adds a little room to an axis of logarithms, and more if all values are equal: 0.01 is a
// factor of 1.02 on each side, so equal values stand in the middle and not on the frame.
func widened(low, high float64) (float64, float64) {
	by := max(0.01, 0.05*(high-low))
	return low - by, high + by
}

// short formats a number with four digits, without zeros at the end.
func short(v float64) string { return fmt.Sprintf("%.4g", v) }

// farthest is beyond any measurement. Near it gonum/plot looks for ticks without an end. Its
// inverse bounds small values in the same way.
const farthest = 1e150

// shown reports whether an axis can show v: not NaN, not infinite, not beyond farthest, and
// positive if the axis is logarithmic. Zero has a place on a linear axis only.
func shown(v float64, log bool) bool {
	size := math.Abs(v)
	return v == 0 && !log || (v > 0 || !log) && size < farthest && size > 1/farthest
}

// scaled returns v in the scale of its axis. It is called only for values that shown accepts.
func scaled(v float64, log bool) float64 {
	if log {
		return math.Log10(v)
	}
	return v
}

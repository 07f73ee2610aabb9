package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/montanaflynn/stats"

	"github.com/semabench/semabench/reports/internal/format"
)

// Noise says how far two measurements of the same thing are apart in this very text.
type Noise struct {
	// Typical and High are the 50th and the 95th percentile, over the cells of the primary units, of
	// how far the median of a cell's even samples is from that of its odd ones: 0.012 is
	// 1.2 %. Nothing but noise differs there, with half of the samples on each side. NaN if fewer than
	// 4 samples are in each cell.
	Typical, High float64
	Cells         int // that had so many

	Machine  []MachineNoise
	Warnings []string // what of it the reader should know before believing a figure
}

// A MachineNoise is a unit whose name begins with noise-. Such units do not measure the benchmark
// but what else the machine did meanwhile; they are compared with nothing.
type MachineNoise struct {
	Unit        string
	Median, Max float64 // over all samples of all cells
}

const NoisePrefix = "noise-"

func isNoise(unit string) bool { return strings.HasPrefix(unit, NoisePrefix) }

// fewestHalved is the least number of samples of which even and odd ones have a median to speak of.
const minHalvedSamples = 4

// Noise looks for noise in the text of c.
func (c *Comparison) Noise() Noise {
	var apart []float64
	c.EachCell(func(cell *Cell) {
		if d, ok := halvesDifference(cell.Values); ok {
			apart = append(apart, d)
		}
	})
	n := Noise{Typical: math.NaN(), High: math.NaN(), Cells: len(apart), Machine: c.machineNoise()}
	if len(apart) > 0 {
		n.Typical, n.High = quantile(apart, 50), quantile(apart, 95)
	}
	n.Warnings = n.warnings()
	return n
}

// halvesApart compares the samples at even places with those at odd ones: the two halves that lie
// in the same stretch of time.
func halvesDifference(values []float64) (float64, bool) {
	if len(values) < minHalvedSamples {
		return 0, false
	}
	var half [2][]float64
	for i, v := range values {
		half[i%2] = append(half[i%2], v)
	}
	even, odd := quantile(half[0], 50), quantile(half[1], 50)
	if even == odd {
		return 0, true
	}
	if even <= 0 || odd <= 0 {
		return 0, false
	}
	return math.Exp(math.Abs(math.Log(even/odd))) - 1, true
}

// quantile is NaN for no values; there are no other errors for these percents.
func quantile(values []float64, percent float64) float64 {
	q, _ := stats.Percentile(values, percent)
	return q
}

func (c *Comparison) machineNoise() []MachineNoise {
	var names []string
	samples := map[string][]float64{}
	for _, t := range c.Tables {
		for _, u := range t.Units {
			if !isNoise(u.Name) {
				continue
			}
			if samples[u.Name] == nil {
				names = append(names, u.Name)
			}
			for _, cell := range slices.Concat(u.Cells...) {
				if cell != nil {
					samples[u.Name] = append(samples[u.Name], cell.Values...)
				}
			}
		}
	}
	var list []MachineNoise
	for _, name := range names {
		all := samples[name]
		list = append(list, MachineNoise{name, quantile(all, 50), slices.Max(all)})
	}
	return list
}

// From these on, a reader should know. A tenth: differences that people act on drown in it. A
// quarter of a core: on few cores somebody was in the way most of the time. A fiftieth of
// stolen time: the hypervisor is busy.
const (
	highNoise    = 0.10
	foreignCores = 0.25
	stolenCores  = 0.02
)

func (n Noise) warnings() []string {
	var list []string
	if n.High > highNoise {
		list = append(list, fmt.Sprintf("one cell in twenty differs from itself by %s or more: "+
			"measure on a quieter machine, or take more samples", format.Percent(n.High)))
	}
	for _, m := range n.Machine {
		switch {
		case m.Unit == NoisePrefix+"foreign-cores" && m.Median > foreignCores:
			list = append(list, fmt.Sprintf("other programs used %.1f cores or more in half of the samples",
				m.Median))
		case m.Unit == NoisePrefix+"steal-cores" && m.Median > stolenCores:
			list = append(list, fmt.Sprintf("the hypervisor took %.2f cores or more away in half of the "+
				"samples", m.Median))
		}
	}
	return list
}

// String is the noise floor in a sentence.
func (n Noise) String() string {
	if n.Cells == 0 {
		return fmt.Sprintf("Noise floor unknown: it needs %d samples in a cell.", minHalvedSamples)
	}
	return fmt.Sprintf("Noise floor: with half of its samples on either side, a cell differs from itself "+
		"by %s in the median of %s, and by %s or more in one of twenty.",
		format.Percent(n.Typical), format.Plural(n.Cells, "cell"), format.Percent(n.High))
}

package compare

import (
	"fmt"
	"math"
	"slices"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/internal/stats"
	"github.com/semabench/semabench/reports/internal/format"
)

// minHalvedSamples is the smallest sample that is halved: each half then has two values.
const minHalvedSamples = 4

// Noise returns the noise within c.
//
// The first call writes c.noise without a lock. Compare makes that call, so all later ones only
// read.
func (c *Comparison) Noise() Noise {
	if c.noise == nil {
		n := c.measureNoise()
		c.noise = &n
	}
	return *c.noise
}

// measureNoise computes the noise within c. Every output shows it, so Compare does this once.
func (c *Comparison) measureNoise() Noise {
	var apart []float64
	var half [2][]float64 // reused for all cells
	c.EachCell(func(cell *Cell) {
		if d, ok := halvesDifference(&half, cell.Values); ok {
			apart = append(apart, d)
		}
	})
	n := Noise{Typical: math.NaN(), High: math.NaN(), Cells: len(apart), Machine: c.machineNoise()}
	if len(apart) > 0 {
		n.Typical, n.High = stats.Quantile(apart, 0.50), stats.Quantile(apart, 0.95)
	}
	if n.Cells > 0 && n.Cells < oneInTwenty {
		n.High = slices.Max(apart)
	}
	n.Warnings = n.warnings(c)
	return n
}

// oneInTwenty is the number of cells from which one in twenty is a cell at all.
const oneInTwenty = 20

// Where says in which cells the difference is High, as the end of a sentence.
func (n Noise) Where() string {
	switch {
	case n.Cells < 2:
		return "the only cell"
	case n.Cells < oneInTwenty:
		return "the worst of " + plural.Of(n.Cells, "cell")
	}
	return "one cell of twenty"
}

// orMore returns the words behind a percentile, which the greatest value lacks.
func (n Noise) orMore() string {
	if n.Cells < oneInTwenty {
		return ""
	}
	return " or more"
}

// halvesDifference compares the samples at even places with the samples at odd places. The two
// halves cover the same stretch of time, so a slow change of the machine affects both alike.
// It overwrites half.
//
// The difference is measured on a logarithm and so is the same in both directions. A cell with a
// zero in one half only has no difference in percent and does not count.
func halvesDifference(half *[2][]float64, values []float64) (float64, bool) {
	if len(values) < minHalvedSamples {
		return 0, false
	}
	half[0], half[1] = half[0][:0], half[1][:0]
	for i, v := range values {
		half[i%2] = append(half[i%2], v)
	}
	slices.Sort(half[0])
	slices.Sort(half[1])
	even, odd := stats.Sorted(half[0]).Median(), stats.Sorted(half[1]).Median()
	if even == odd {
		return 0, true
	}
	if even <= 0 || odd <= 0 {
		return 0, false
	}
	return math.Exp(math.Abs(math.Log(even/odd))) - 1, true
}

// machineNoise summarizes the units of noise over all tables.
//
// All samples count alike, whatever their row: the machine does not know which one ran.
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
			for _, row := range u.Cells {
				for _, cell := range row {
					if cell != nil {
						samples[u.Name] = append(samples[u.Name], cell.Values...)
					}
				}
			}
		}
	}
	var list []MachineNoise
	for _, name := range names {
		all := samples[name]
		list = append(list, MachineNoise{name, stats.Median(all), slices.Max(all)})
	}
	return list
}

// The thresholds of the warnings. highNoise: one tenth, because users act on differences of that
// size. foreignCores: a quarter of a core, because on few cores another program then competed
// most of the time. stolenCores: a fiftieth, because any such amount means that the hypervisor
// shares the cores.
const (
	highNoise    = 0.10
	foreignCores = 0.25
	stolenCores  = 0.02
)

// warnings returns the warnings that n, the noise of c, deserves.
//
// The median decides and not the maximum. Medians bear one disturbed sample; if half of them
// are, the machine is in use.
func (n Noise) warnings(c *Comparison) []string {
	var list []string
	if n.High > highNoise {
		advice := "measure on a quieter machine, or take more samples"
		if c.isPooled() {
			advice = "cells pool samples that differ, see the other warnings"
		}
		list = append(list, fmt.Sprintf("in %s the two halves of the samples "+
			"differ by %s%s: %s", n.Where(), format.Percent(n.High), n.orMore(), advice))
	}
	for _, m := range n.Machine {
		switch {
		case m.Unit == NoisePrefix+"foreign-cores" && m.Median > foreignCores:
			list = append(
				list,
				fmt.Sprintf("other programs used %.1f cores or more in half of the samples",
					m.Median),
			)
		case m.Unit == NoisePrefix+"steal-cores" && m.Median > stolenCores:
			list = append(
				list,
				fmt.Sprintf("the hypervisor took %.2f cores or more away in half of the "+
					"samples", m.Median),
			)
		}
	}
	return list
}

// String describes the noise floor in a sentence.
func (n Noise) String() string {
	if n.Cells == 0 {
		return fmt.Sprintf("Noise floor unknown: it needs %d samples above zero in a cell.", minHalvedSamples)
	}
	if n.Cells == 1 {
		return fmt.Sprintf("Noise floor: the two halves of the samples of the only cell differ by %s.",
			format.Percent(n.High))
	}
	return fmt.Sprintf(
		"Noise floor: the two halves of a cell's samples differ by %s in the median of %s, "+
			"and by %s%s in %s.",
		format.Percent(n.Typical), plural.Of(n.Cells, "cell"), format.Percent(n.High), n.orMore(), n.Where(),
	)
}

package format

import (
	"fmt"
	"math"
	"strings"

	"golang.org/x/perf/benchunit"
)

func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// measure formats a value with its unit: 12.34µs, 24B, 1.3GB/s. Counts have no unit to show.
func Value(v float64, unit string) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	}
	suffix := Symbol(unit)
	if v == math.Trunc(v) && math.Abs(v) < 1000 {
		return fmt.Sprintf("%.0f%s", v+0, suffix) // 24B, not 24.00B: it was counted
	}
	if size := math.Abs(v); suffix == "" && size >= 0.001 && size < 1000 {
		return fmt.Sprintf("%.4g", v) // an index of 0.65 is not 650 thousandths
	}
	return benchunit.Scale(v, benchunit.ClassOf(unit)) + suffix
}

// symbol is what follows the prefix of a value: s for cpu-sec/op, B/s for B/s.
func Symbol(unit string) string {
	amount, per, _ := strings.Cut(unit, "/")
	switch amount[strings.LastIndexByte(amount, '-')+1:] {
	case "sec":
		return "s"
	case "B":
		if per == "s" {
			return "B/s"
		}
		return "B"
	}
	return ""
}

// times formats a ratio with three digits: 1.42, 14.2, 142.
func Ratio(ratio float64) string {
	switch {
	case ratio < 9.995:
		return fmt.Sprintf("%.2f", ratio)
	case ratio < 99.95:
		return fmt.Sprintf("%.1f", ratio)
	}
	return fmt.Sprintf("%.0f", ratio)
}

// brief is times in at most five places: 3.14, 31.4, 9999, 2e+05.
func ShortRatio(ratio float64) string {
	switch {
	case ratio >= 9.5e99:
		return ">1e99"
	case ratio >= 9999.5:
		return fmt.Sprintf("%.0e", ratio)
	}
	return Ratio(ratio)
}

// factor has one digit more than times: it is about small differences.
func PreciseRatio(ratio float64) string {
	if ratio < 9.9995 {
		return fmt.Sprintf("%.3f", ratio)
	}
	return Ratio(ratio)
}

func Percent(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*v)
}

// tickText is measure for round numbers: 10µs and not 10.00µs.
func Axis(v float64, unit string) string {
	s := Value(v, unit)
	number := strings.TrimRight(s, "yzafpnµumkKMGTPEZYisB/")
	if !strings.Contains(number, ".") {
		return s
	}
	return strings.TrimRight(strings.TrimRight(number, "0"), ".") + s[len(number):]
}

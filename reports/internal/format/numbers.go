// Package format writes numbers for people: values with units, ratios, percentages and counts.
//
//	format.Value(1.234e-5, "sec/op") // 12.34µs
//
// It is below all other packages of reports, so that a number looks the same in a sentence, a
// table and a picture. Formatting loses digits: programs should read the CSV or JSON output.
package format

import (
	"fmt"
	"math"
	"strings"

	"golang.org/x/perf/benchunit"
)

// Value formats a value with its unit: 12.34µs, 24B, 1.3GB/s. Counts have no unit to show. The
// digits and prefixes are benchunit's, so a figure looks as in benchstat; the exceptions are below.
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
		// 24B and not 24.00B: small whole numbers are counts. v+0 turns -0 into 0.
		return fmt.Sprintf("%.0f%s", v+0, suffix)
	}
	if size := math.Abs(v); suffix == "" && size >= 0.001 && size < 1000 {
		return fmt.Sprintf("%.4g", v) // an index of 0.65 is not 650 thousandths
	}
	if size := math.Abs(v); size >= 1e18 || size < 1e-13 { // no prefix of benchunit is as great, or as small
		return fmt.Sprintf("%.4g", v) + suffix
	}
	return benchunit.Scale(v, benchunit.ClassOf(unit)) + suffix
}

// Symbol returns the text that follows the SI prefix of a value in unit: "s" for cpu-sec/op, "B/s"
// for B/s, "" for counts. The part after the slash is left out, except in B/s: “per operation” is
// in the heading of the column, and a rate without its time would read as an amount.
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

// Ratio formats a ratio with three digits: 1.42, 14.2, 142. The bounds lie half a digit below 10
// and 100, where rounding adds a digit: 9.996 is 10.0 and not 10.00.
func Ratio(ratio float64) string {
	switch {
	case ratio < 9.995:
		return fmt.Sprintf("%.2f", ratio)
	case ratio < 99.95:
		return fmt.Sprintf("%.1f", ratio)
	}
	return fmt.Sprintf("%.0f", ratio)
}

// ShortRatio is Ratio in at most five characters, for the cells of a heat map: 3.14, 31.4, 9999,
// 2e+05. From 9.5e99 on the exponent would have three digits.
func ShortRatio(ratio float64) string {
	switch {
	case ratio >= 9.5e99:
		return ">1e99"
	case ratio >= 9999.5:
		return fmt.Sprintf("%.0e", ratio)
	}
	return Ratio(ratio)
}

// PreciseRatio has one digit more than Ratio, for tables about small differences.
func PreciseRatio(ratio float64) string {
	if ratio < 9.9995 {
		return fmt.Sprintf("%.3f", ratio)
	}
	return Ratio(ratio)
}

// Percent formats 0.123 as "12.3 %", and NaN as "–".
func Percent(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*v)
}

// Axis formats a value for the tick of an axis: 10µs and not 10.00µs. The zeros are removed from
// the text and not from the number, because only the text shows which prefix and how many digits
// Value chose.
func Axis(v float64, unit string) string {
	s := Value(v, unit)
	number := strings.TrimRight(s, "yzafpnµumkKMGTPEZYisB/")
	if !strings.Contains(number, ".") {
		return s
	}
	return strings.TrimRight(strings.TrimRight(number, "0"), ".") + s[len(number):]
}

package claims

import (
	"fmt"
	"math"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/excerpt"
)

// joined lists words in a sentence: "a", "a and b", "a, b and c".
//
// It has no comma before “and”, as everywhere in this suite.
func joined(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}

// printable prepares text of the input for display. It may contain anything, of any length:
// terminal commands, and a benchmark name of a megabyte. 500 characters are more than any name
// here needs.
func printable(s string) string {
	return escape.Printable(excerpt.Runes(s, 500))
}

// number formats v with three digits. The bounds lie half a unit below 0.1, 10 and 100, so that a
// value that rounds up to the bound has three digits too: 9.996 becomes 10.0 and not 10.00.
func number(v float64) string {
	switch size := math.Abs(v); {
	case size < 0.0995:
		return fmt.Sprintf("%.3f", v)
	case size < 9.995:
		return fmt.Sprintf("%.2f", v)
	case size < 99.95:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// duration formats seconds with the fitting unit.
func duration(sec float64) string {
	return scaled(sec, []scale{{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}}, number)
}

// size formats bytes with the fitting unit of 1024.
func size(v float64) string {
	return scaled(
		v, []scale{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}, {1, "B"}}, number,
	)
}

// A scale is a unit and its size. Lists of scales go from the largest to the smallest.
type scale struct {
	size float64
	name string
}

// scaled formats v in the largest unit of which v is at least one. A no-break space keeps the
// number and its unit on one line. 0.9995 is where three digits round up to the next unit: 999.6
// ms is 1.00 s.
//
// The scales must descend and not be empty; the last one takes all smaller values.
func scaled(v float64, scales []scale, digits func(float64) string) string {
	last := len(scales) - 1
	for i, s := range scales {
		if v < s.size*0.9995 && i < last {
			continue
		}
		if whole := v / s.size; whole == math.Trunc(whole) {
			return fmt.Sprintf("%.0f\u00a0%s", whole, s.name)
		}
		return digits(v/s.size) + "\u00a0" + s.name
	}
	return ""
}

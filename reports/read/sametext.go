package read

import (
	"fmt"
	"slices"

	"github.com/semabench/semabench/internal/escape"
)

// noteSameFigures notes inputs that hold the same figures, sample for sample. Two measurements hardly ever
// agree so far; one text was probably given twice, or copied under another name. Compared with itself, a text
// proves ties without a second measurement, and the confidence intervals do not show it.
//
// series holds the series of each file. Only exact equality counts, since a file that repeats some rows of
// another one is a legal way to keep results. The first sample differs in nearly all pairs, so comparing each
// pair is cheap.
func (l *Log) noteSameFigures(series [][]*Series) {
	for i, a := range series {
		for j := range i {
			if l.Files[i].Present != l.Files[j].Present || !sameFigures(a, series[j]) {
				continue
			}
			l.Notes = append(l.Notes, escape.Printable(fmt.Sprintf("%s and %s hold the same figures, sample for "+
				"sample: if one text was given twice, a comparison of the two says nothing", l.Files[j].Label,
				l.Files[i].Label)))
			break
		}
	}
}

// sameFigures reports whether a and b have equal rows with equal values in the same order. Exact counts alone
// prove nothing: two runs of a program have equal ones.
func sameFigures(a, b []*Series) bool {
	measured := false
	same := slices.EqualFunc(a, b, func(s, t *Series) bool {
		return s.Name == t.Name && slices.EqualFunc(s.Units, t.Units, func(u, v Values) bool {
			measured = measured || u.Unit != "B/op" && u.Unit != "allocs/op" && len(u.Values) > 1
			return u.Unit == v.Unit && slices.Equal(u.Values, v.Values)
		})
	})
	return same && measured
}

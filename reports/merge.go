package reports

import (
	"cmp"
	"slices"
)

// valuesOf returns the values in one unit, in the order of the text. There is nearly always one
// series in a cell, whose values are then not copied.
func valuesOf(series []*Series, unit string) []float64 {
	var found []*Values
	for _, s := range series {
		for i := range s.Units {
			if s.Units[i].Unit == unit {
				found = append(found, &s.Units[i])
			}
		}
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		return found[0].Values
	}
	return inOrder(found)
}

// inOrder merges the values of several series. They are of one file: others are in other tables
// or columns, or nobody asked for an order.
func inOrder(series []*Values) []float64 {
	type placed struct {
		line  uint32
		value float64
	}
	var all []placed
	for _, s := range series {
		for i, v := range s.Values {
			all = append(all, placed{s.Lines[i], v})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.line, b.line) })
	values := make([]float64, len(all))
	for i, p := range all {
		values[i] = p.value
	}
	return values
}

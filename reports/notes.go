package reports

import (
	"fmt"
	"slices"
	"strings"
)

// notes says so if there is nothing to compare: the usual reason is that the columns also differ
// in their configuration, which keeps them apart.
func notes(c *Comparison) []string {
	if len(c.Cols) < 2 || slices.ContainsFunc(c.Tables, (*Table).compares) {
		return nil
	}
	note := "nothing is compared: no row was measured in more than one column"
	keys := []string{c.By}
	for _, f := range c.Tables[0].Config {
		keys = append(keys, f.Key)
	}
	if len(keys) > 1 {
		note += fmt.Sprintf("; the columns differ in %s, and different configurations are never "+
			"mixed; to compare across it, compare by %q",
			strings.Join(keys[1:], ", "), strings.Join(keys, ","))
	}
	return []string{note}
}

func (t *Table) compares() bool {
	for _, row := range t.Primary().Cells {
		measured := 0
		for _, c := range row {
			if c != nil {
				measured++
			}
		}
		if measured > 1 {
			return true
		}
	}
	return false
}

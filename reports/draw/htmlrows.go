package draw

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/semabench/semabench/internal/benchkey"
	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/reports/compare"
)

// An aloneTable is a table whose columns are compared with nothing, such as the floor of the machine.
type aloneTable struct {
	ID, Name string
	Cols     []columnName
	Rows     []heatGroupRow
}

// aloneSection shows the tables that are not in the heat map. There they would be a column of dashes
// beside every implementation, and dashes beside every one of their own rows.
func (a *pageBuilder) aloneSection() part {
	var list []aloneTable
	names := newColumnNames(a.c)
	for i, t := range a.c.Tables {
		if !standsAlone(a.c, t) {
			continue
		}
		u := t.Primary()
		own := aloneTable{ID: tableID(i), Name: clipped(tableName(a.c, t)), Cols: names.all(t.Cols)}
		for r, row := range t.Rows {
			own.Rows = append(own.Rows, heatGroupRow{Label: clipped(row.Shape),
				Cells: pageCells(compare.Describe, u.Cells[r], u, indexesOf(t.Cols, t))})
		}
		list = append(list, own)
	}
	if len(list) == 0 {
		return part{}
	}
	p := a.renderPart("alone", list)
	p.ID, p.Title = "alone", "Measured alone"
	p.Intro = "Medians of benchmarks that no other column has, with their 95 % intervals."
	return p
}

// A profile says how go test runs one row: an expression for each part of its name, GOMAXPROCS, and
// the package. It is written as an array; see row.js.
type profile [3]string

// columnSign stands for the name of a column in an expression. No name has it: names are printable.
const columnSign = "\x01"

// addProfiles adds the profiles of the rows of the heat map for the scripts, and one command for
// readers without scripts.
func (a *pageBuilder) addProfiles(shown pageRows) {
	full := fullNames(a.c)
	var list []*profile // by row of the heat map; nil for the rows of means
	for i, t := range a.c.Tables {
		for r := range shown.rows[i] {
			p := newProfile(a.c, t, full[t.Rows[r].Name])
			list = append(list, p)
			if a.page.Raw.Profile == "" && p != nil {
				a.page.Raw.Profile = p.command(pageColumns(a.c)[0])
			}
		}
		if hasMeanRow(shown.c.Job(), t) && shown.rows[i] > 0 {
			list = append(list, nil)
		}
	}
	a.addBlock("profiles", list, 0)
}

// fullNames returns the names as the benchmark has them, by the names of the rows. A row lacks the part
// that makes its column, and its place among the other parts; columnSign stands there.
//
// It is made from the text and not from the row, because nothing else knows the place.
func fullNames(c *compare.Comparison) map[string]string {
	key, _, _ := strings.Cut(c.By, "@")
	key = strings.TrimPrefix(key, "/")
	byKey := strings.HasPrefix(c.By, "/") && !strings.Contains(c.By, ",")
	names := make(map[string]string)
	for _, s := range c.Log.Series {
		base, cpu := withoutProcs(s.Name)
		row, full := base, base
		parts := strings.Split(base, "/")
		for i, part := range parts {
			if !byKey || i == 0 || !strings.HasPrefix(part, key+"=") {
				continue
			}
			parts[i] = key + "=" + columnSign
			full = strings.Join(parts, "/")
			row = strings.Join(append(append([]string{}, parts[:i]...), parts[i+1:]...), "/")
			break
		}
		names[escape.Printable(row+cpu)] = full + cpu
	}
	return names
}

var procs = regexp.MustCompile(`-[0-9]+$`)

// withoutProcs parts the suffix of GOMAXPROCS from a name.
func withoutProcs(name string) (base, suffix string) {
	suffix = procs.FindString(name)
	return strings.TrimSuffix(name, suffix), suffix
}

// newProfile returns nil for a row whose name in the text is not known.
func newProfile(c *compare.Comparison, t *compare.Table, name string) *profile {
	if name == "" {
		return nil
	}
	base, suffix := withoutProcs(name)
	parts := strings.Split("Benchmark"+strings.TrimPrefix(base, "Benchmark"), "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	p := &profile{strings.Join(parts, "/"), strings.TrimPrefix(suffix, "-"), "."}
	for _, facts := range [][]compare.Fact{c.Facts, t.Config} {
		for _, f := range facts {
			if f.Key == benchkey.Pkg {
				p[2] = f.Value
			}
		}
	}
	return p
}

// command is the same command as in row.js.
func (p profile) command(column string) string {
	cpu := ""
	if p[1] != "" {
		cpu = " -cpu " + p[1]
	}
	return fmt.Sprintf("go test -run '^$' -bench %s%s -cpuprofile cpu.out %s && go tool pprof -top cpu.out",
		escape.Quote(strings.ReplaceAll(p[0], columnSign, regexp.QuoteMeta(column))), cpu, escape.Quote(p[2]))
}

package read

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/semabench/semabench/internal/escape"
	"golang.org/x/perf/benchfmt"
)

// A Series holds the results of one benchmark name under one configuration in one file. A text of
// a million lines has only some thousands of them. What all lines of a series share is stored
// once, so a line costs its number and its values only.
//
// Line numbers are uint32: 4 billion lines are more than memory holds.
type Series struct {
	Name  string
	Lines []uint32 // the line number of each result, ascending
	Units []Values // in order of first appearance

	config *configuration
}

// A configuration is the state of the configuration lines at some results. Many series share it.
type configuration struct {
	file   string // Input.Name
	lines  []benchfmt.Config
	byName map[string]uint32 // index of the series of each name; only while reading
}

// Values holds the values of one series in one unit.
type Values struct {
	Unit   string
	Values []float64 // in the order of the text
	Lines  []uint32  // the line of each value; shares Series.Lines if every line has this unit once
}

// ConfigLines returns the configuration of s. Series for which [SameConfig] holds share the
// slice; the caller must not change it.
func (s *Series) ConfigLines() []benchfmt.Config { return s.config.lines }

// SameConfig reports whether a and b have the same input and configuration. Both must come from
// one [Log]: the comparison is one of pointers.
//
// Equal configurations of one file are one pointer, because the collector finds them again by
// their text.
func SameConfig(a, b *Series) bool { return a.config == b.config }

// File returns the name of the input, [Input.Name].
func (s *Series) File() string { return s.config.file }

// Config returns the value of a configuration key, such as goos, or "" if the key is not set.
func (s *Series) Config(key string) string {
	for _, cfg := range s.config.lines {
		if cfg.Key == key {
			return string(cfg.Value)
		}
	}
	return ""
}

// A collector gathers the results of one file.
//
// The results of different benchmarks come interleaved. Appending each to its series would grow
// thousands of slices at once and leave their old arrays to the garbage collector. The collector
// records the lines in the order of the text instead. buildSeries then counts the lines of each
// series and fills slices of the right size. The next file reuses the records.
type collector struct {
	series    []*Series
	unitLists [][]string // the different lists of units; nearly all lines have the same one
	records   chunked[lineRecord]
	values    chunked[float64]

	lines   *lineReader // the text that is read
	config  *configuration
	configs map[string]*configuration
	key     []byte // buffer of setConfig, so that a lookup allocates nothing
}

// A lineRecord is one result line: the index of its series, its line number in the text, and the
// index of its list of units. Its values are the next ones in collector.values.
type lineRecord struct{ series, line, unitList uint32 }

// reset prepares c for the next file.
func (c *collector) reset(lines *lineReader) {
	c.lines = lines
	c.series, c.config = nil, nil
	c.records.truncate(0)
	c.values.truncate(0)
	c.configs = make(map[string]*configuration)
}

// changed reports whether the configuration of r differs from the configuration of the result
// before it.
func (c *collector) changed(r *benchfmt.Result) bool {
	return c.config == nil || !slices.EqualFunc(r.Config, c.config.lines, sameConfig)
}

func sameConfig(a, b benchfmt.Config) bool {
	return a.Key == b.Key && bytes.Equal(a.Value, b.Value)
}

// setConfig makes the configuration of r the current one. A configuration that comes back, as in
// interleaved runs, is found again and not stored twice.
func (c *collector) setConfig(r *benchfmt.Result) {
	c.key = c.key[:0]
	for _, cfg := range r.Config { // the separators are safe: a key holds no newline and no colon
		c.key = append(append(append(append(c.key, cfg.Key...), ':'), cfg.Value...), '\n')
	}
	c.config = c.configs[string(c.key)]
	if c.config != nil {
		return
	}
	first := r.Clone() // the reader overwrites r with the next line
	hidePlan(first)
	file, _ := r.Pos()
	c.config = &configuration{file, first.Config, make(map[string]uint32)}
	c.configs[string(c.key)] = c.config
}

// add records one result.
// add appends to lists of the whole file. The values of different series lie mixed there until
// buildSeries.
func (c *collector) add(r *benchfmt.Result, line int) {
	id, ok := c.config.byName[string(r.Name)]
	if !ok {
		id = uint32(len(c.series))
		name := string(r.Name)
		c.config.byName[name] = id
		c.series = append(c.series, &Series{Name: name, config: c.config})
	}
	c.records.append(lineRecord{id, uint32(line), c.unitListOf(r.Values)})
	for _, v := range r.Values {
		c.values.append(v.Value)
	}
}

// has reports whether a result equal to r was added before. It looks at all results, so it is for
// the few lines that may be repeated.
//
// It is linear in the file. A section of repeated rows has few of them.
func (c *collector) has(r *benchfmt.Result) bool {
	id, ok := c.config.byName[string(r.Name)]
	next := 0
	for n := range c.records.all() {
		units := c.unitLists[n.unitList]
		same := ok && n.series == id && len(units) == len(r.Values)
		for i, unit := range units {
			same = same && r.Values[i].Unit == unit && r.Values[i].Value == c.values.at(next)
			next++
		}
		if same {
			return true
		}
	}
	return false
}

// notes warns of rows that no line assigns to one of several packages, of names in another encoding than UTF-8,
// and of rows that have a unit twice.
func (c *collector) notes(file string) (list []string) {
	broken := func(s string) bool { return !utf8.ValidString(s) }
	if slices.ContainsFunc(c.series, func(s *Series) bool { return broken(s.Name) }) ||
		slices.ContainsFunc(c.unitLists, func(units []string) bool {
			return slices.ContainsFunc(units, broken)
		}) {
		list = append(list, notUTF8(file))
	}
	if n, unit := c.twice(); n > 0 {
		list = append(list, escape.Printable(fmt.Sprintf("%s: rows that have two values in %s, which both count as "+
			"samples although they are of one run: %d", file, unit, n)))
	}
	if len(c.lines.summary.ran) < 2 {
		return list
	}
	for _, config := range c.configs {
		if !slices.ContainsFunc(config.lines,
			func(cfg benchfmt.Config) bool { return cfg.Key == "pkg" }) {
			return append(list, escape.Printable(file+": some rows have no pkg: line above them, and "+
				"several packages ran ("+strings.Join(c.lines.summary.ran, ", ")+
				"): rows of one name are one sample"))
		}
	}
	return list
}

// twice returns the number of rows that have a unit twice, and the first such unit. Package testing prints each
// unit once, and benchstat counts both values.
func (c *collector) twice() (rows int, unit string) {
	again := make(map[int]string) // by the index of a list of units
	for i, units := range c.unitLists {
		sorted := slices.Sorted(slices.Values(units))
		for j := 1; j < len(sorted); j++ {
			if sorted[j] == sorted[j-1] {
				again[i] = sorted[j]
			}
		}
	}
	if len(again) == 0 {
		return 0, ""
	}
	for n := range c.records.all() {
		if u := again[int(n.unitList)]; u != "" {
			rows++
			unit = cmp.Or(unit, u)
		}
	}
	return rows, unit
}

// unitListOf returns the index of the list of units of a line. It is nearly always the list of
// the line before, so that one is tried first.
func (c *collector) unitListOf(values []benchfmt.Value) uint32 {
	same := func(units []string) bool {
		return slices.EqualFunc(units, values,
			func(u string, v benchfmt.Value) bool { return u == v.Unit })
	}
	if n := c.records.n; n > 0 {
		if s := c.records.at(n - 1).unitList; same(c.unitLists[s]) {
			return s
		}
	}
	if i := slices.IndexFunc(c.unitLists, same); i >= 0 {
		return uint32(i)
	}
	var units []string
	for _, v := range values {
		units = append(units, v.Unit)
	}
	c.unitLists = append(c.unitLists, units)
	return uint32(len(c.unitLists) - 1)
}

// keep removes the results of all lines for which good is false. It is for texts with rows that only a
// later line shows to be no results: one pass over the file, and none for any other text.
func (c *collector) keep(good func(line int) bool) {
	n, to, from := 0, 0, 0
	for i := range c.records.n {
		r := c.records.at(i)
		values := len(c.unitLists[r.unitList])
		if good(int(r.line)) {
			c.records.set(n, r)
			for j := range values {
				c.values.set(to+j, c.values.at(from+j))
			}
			n, to = n+1, to+values
		}
		from += values
	}
	c.records.truncate(n)
	c.values.truncate(to)
}

// dropLast removes the last result. It also removes its series, if the result was the only one.
//
// The configuration keeps the name of a dropped series in byName, which is not read any more:
// the file has ended.
func (c *collector) dropLast() {
	last := c.records.at(c.records.n - 1)
	c.records.truncate(c.records.n - 1)
	c.values.truncate(c.values.n - len(c.unitLists[last.unitList]))
	for n := range c.records.all() {
		if n.series == last.series {
			return
		}
	}
	c.series = c.series[:last.series] // the last line began this series, so it is the last one
}

// hadUnit reports whether a result before the last one has the unit.
func (c *collector) hadUnit(unit string) bool {
	for i := range c.records.n - 1 {
		if slices.Contains(c.unitLists[c.records.at(i).unitList], unit) {
			return true
		}
	}
	return false
}

// buildSeries returns the series of the file, in order of first appearance.
//
// Two passes: the first counts, so that each list of lines gets its exact length out of one
// array.
func (c *collector) buildSeries() []*Series {
	lines := make([]uint32, len(c.series)) // the number of lines of each series
	for n := range c.records.all() {
		lines[n.series]++
	}
	all := make([]uint32, c.records.n)
	for i, s := range c.series {
		s.Lines, all = all[:0:lines[i]], all[lines[i]:]
	}
	for n := range c.records.all() {
		s := c.series[n.series]
		s.Lines = append(s.Lines, n.line)
	}
	next := 0
	for n := range c.records.all() {
		s := c.series[n.series]
		for _, unit := range c.unitLists[n.unitList] {
			s.unit(unit).appendValue(c.values.at(next), n.line, s.Lines)
			next++
		}
	}
	for _, s := range c.series {
		s.config.byName = nil
		for i, v := range s.Units {
			if v.Lines == nil {
				s.Units[i].Lines = s.Lines[:len(v.Values)]
			}
		}
	}
	return slices.DeleteFunc(c.series, func(s *Series) bool { return len(s.Lines) == 0 })
}

// unit returns the values in one unit, and adds an empty list for a new unit.
//
// The search is linear: a series has a few units, and a map for each would cost more than it
// saves.
func (s *Series) unit(name string) *Values {
	for i := range s.Units {
		if s.Units[i].Unit == name {
			return &s.Units[i]
		}
	}
	if s.Units == nil {
		s.Units = make([]Values, 0, 3)
	}
	s.Units = append(s.Units, Values{Unit: name, Values: make([]float64, 0, len(s.Lines))})
	return &s.Units[len(s.Units)-1]
}

// appendValue adds one value. It begins a list of lines of its own only once a line lacks this
// unit or has it twice. Until then the lines are the lines of the series, and are not stored.
func (v *Values) appendValue(value float64, line uint32, all []uint32) {
	n := len(v.Values)
	v.Values = append(v.Values, value)
	if v.Lines == nil {
		if n < len(all) && all[n] == line {
			return // the next line of the series: nothing to store
		}
		v.Lines = append(make([]uint32, 0, len(all)), all[:n]...)
	}
	v.Lines = append(v.Lines, line)
}

// chunkLen is the number of elements in a chunk. Chunks are so long that their allocation costs
// nothing beside the parsing of as many lines.
const chunkLen = 1 << 14

// A chunked is a growing list in chunks of equal length. A slice that grows by append copies its
// elements and leaves arrays of all earlier sizes to the garbage collector. A chunked does
// neither, which halves the peak memory of reading a million lines.
//
// No element moves once it is written, and the cost of an append is bounded.
type chunked[T any] struct {
	chunks [][]T
	n      int
}

// append adds v at the end. It reuses a chunk that truncate left behind.
func (p *chunked[T]) append(v T) {
	if p.n == len(p.chunks)*chunkLen {
		p.chunks = append(p.chunks, make([]T, chunkLen))
	}
	p.chunks[p.n/chunkLen][p.n%chunkLen] = v
	p.n++
}

func (p *chunked[T]) at(i int) T { return p.chunks[i/chunkLen][i%chunkLen] }

func (p *chunked[T]) set(i int, v T) { p.chunks[i/chunkLen][i%chunkLen] = v }

// truncate keeps the first n elements. The memory of the others stays for later appends.
func (p *chunked[T]) truncate(n int) { p.n = n }

func (p *chunked[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range p.n {
			if !yield(p.at(i)) {
				return
			}
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

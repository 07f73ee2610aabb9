package reports

import (
	"io"

	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/draw"
	"github.com/semabench/semabench/reports/read"
)

// The types of the value that [Read] returns; see package read.
type (
	Input  = read.Input
	Log    = read.Log
	File   = read.File
	Series = read.Series
	Values = read.Values
)

// Read reads benchmark texts; see [read.Read].
func Read(inputs ...Input) (*Log, error) { return read.Read(inputs...) }

// The options of [Compare], and the types of the value that it returns; see package compare.
type (
	Options    = compare.Options
	Comparison = compare.Comparison
	Fact       = compare.Fact
	Table      = compare.Table
	Row        = compare.Row
	Unit       = compare.Unit
	Cell       = compare.Cell
	Figures    = compare.Figures
	Versus     = compare.Versus
	Ratio      = compare.Ratio
	Family     = compare.Family
	Standing   = compare.Standing
	Geomean    = compare.Geomean
	Overall    = compare.Overall

	Noise        = compare.Noise
	MachineNoise = compare.MachineNoise
	Job          = compare.Job
	Rank         = compare.Rank
	Answer       = compare.Answer
	Pick         = compare.Pick
	Price        = compare.Price
	Unfit        = compare.Unfit
	Weight       = compare.Weight
	Group        = compare.Group
	Chart        = compare.Chart
	Line         = compare.Line
	Agreement    = compare.Agreement
	Change       = compare.Change
)

// The questions that a comparison answers.
const (
	Choose   = compare.Choose
	Changed  = compare.Changed
	Describe = compare.Describe
)

// The costs by which a column is chosen.
const (
	Throughput = compare.Throughput
	Latency    = compare.Latency
	CPU        = compare.CPU
)

// The families of tests that are corrected together.
const (
	ByTable = compare.ByTable
	ByUnit  = compare.ByUnit
)

// The standings of a cell in its row.
const (
	Unranked  = compare.Unranked
	Best      = compare.Best
	Tie       = compare.Tie
	Worse     = compare.Worse
	Undecided = compare.Undecided
)

// Compare puts the results of log into tables and computes their statistics; see
// [compare.Compare].
func Compare(log *Log, o Options) (*Comparison, error) { return compare.Compare(log, o) }

// Agree compares the verdicts of two comparisons of the same rows; see [compare.Agree].
func Agree(a, b *Comparison) (Agreement, error) { return compare.Agree(a, b) }

// How to draw a comparison; see package draw.
type (
	Terminal   = draw.Terminal
	Markdown   = draw.Markdown
	HTML       = draw.HTML
	Attachment = draw.Attachment
	Remark     = draw.Remark
	Tone       = draw.Tone
	Export     = draw.Export
	ExportCell = draw.ExportCell
	Number     = draw.Number
)

// The tones of a remark.
const (
	Neutral = draw.Neutral
	Good    = draw.Good
	Bad     = draw.Bad
	Unsure  = draw.Unsure
)

// WriteText writes c as benchstat would, with ratios below; see [draw.WriteText].
func WriteText(w io.Writer, c *Comparison) error { return draw.WriteText(w, c) }

// WriteMarkdown writes c for a pull request or a README; see [draw.WriteMarkdown].
func WriteMarkdown(w io.Writer, c *Comparison) error { return draw.WriteMarkdown(w, c) }

// WriteHTML writes c as one page that loads nothing else; see [draw.WriteHTML].
func WriteHTML(w io.Writer, c *Comparison) error { return draw.WriteHTML(w, c) }

// WriteCSV writes a line for each cell of c; see [draw.WriteCSV].
func WriteCSV(w io.Writer, c *Comparison) error { return draw.WriteCSV(w, c) }

// WriteJSON writes c as an object; see [draw.WriteJSON].
func WriteJSON(w io.Writer, c *Comparison) error { return draw.WriteJSON(w, c) }

// WriteDir writes c in every format into the folder dir; see [draw.WriteDir].
func WriteDir(dir string, c *Comparison) ([]string, error) { return draw.WriteDir(dir, c) }

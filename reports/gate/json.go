package gate

import (
	"encoding/json"
	"io"
	"math"
	"strings"

	"github.com/semabench/semabench/reports"
)

// Schema is the version of the JSON of an [Export]. It grows when a key changes its meaning or vanishes, and
// not when one is added.
const Schema = 1

// An Export is a report for programs. The JSON names are part of the interface
// and do not change; docs/gate.md explains each.
//
// A number is null where there is no finite value: without an interval, or
// without a bound.
type Export struct {
	Schema     int          `json:"schema"`
	Outcome    string       `json:"outcome"`
	Exit       int          `json:"exit"`
	Old        ExportSide   `json:"old"`
	New        ExportSide   `json:"new"`
	Facts      []ExportFact `json:"facts"`
	Errors     []string     `json:"errors"`
	Invalid    []string     `json:"invalid"`
	Notes      []string     `json:"notes"`
	Advisory   string       `json:"advisory,omitempty"`
	Stopped    string       `json:"stopped,omitempty"`
	Late       string       `json:"late,omitempty"`
	Family     int          `json:"family"`
	Stages     int          `json:"stages"`
	FalseAlarm float64      `json:"false_alarm"`
	MinEffect  float64      `json:"min_effect"`
	Command    string       `json:"command,omitempty"`
	Rows       []ExportRow  `json:"rows"`
	Controls   []ExportRow  `json:"controls"`
}

// An ExportFact is a line about the machine or the measurement.
type ExportFact struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// An ExportSide is one of the two programs.
type ExportSide struct {
	Name     string `json:"name"`
	Revision string `json:"revision,omitempty"`
	Dirty    bool   `json:"dirty,omitempty"`
}

// An ExportRow is one row. Its numbers are the fields of [Timing] with the same
// meaning.
type ExportRow struct {
	Package    string           `json:"package,omitempty"`
	Name       string           `json:"name"`
	Verdict    Verdict          `json:"verdict"`
	LetPass    bool             `json:"let_pass,omitempty"`
	Advisory   bool             `json:"advisory,omitempty"`
	Why        string           `json:"why"`
	Planted    float64          `json:"planted,omitempty"`
	Broken     string           `json:"broken,omitempty"` // why a control makes the run invalid
	Mode       Mode             `json:"mode,omitempty"`
	Changed    string           `json:"changed,omitempty"` // how the benchmark itself differs between the sides
	Stage      int              `json:"stage,omitempty"`
	Pairs      int              `json:"pairs,omitempty"`
	OfMean     bool             `json:"of_mean,omitempty"`
	Old        reports.Number   `json:"old_ns"`
	New        reports.Number   `json:"new_ns"`
	Ratio      reports.Number   `json:"ratio"`
	Low        reports.Number   `json:"ratio_low"`
	High       reports.Number   `json:"ratio_high"`
	P          reports.Number   `json:"p"`
	Corrected  reports.Number   `json:"p_corrected"`
	Level      reports.Number   `json:"p_level"`
	Margin     reports.Number   `json:"margin"`
	Noise      reports.Number   `json:"noise"`
	MDE        reports.Number   `json:"mde"`
	Needs      int              `json:"pairs_needed,omitempty"`
	Exact      []ExportCount    `json:"exact,omitempty"`
	Work       *ExportWork      `json:"instructions,omitempty"`
	Waiver     string           `json:"waiver,omitempty"` // file:line
	File       string           `json:"file,omitempty"`   // of the benchmark, on the new side
	Line       int              `json:"line,omitempty"`
	Functions  []ExportFunction `json:"functions,omitempty"` // functions whose code differs
	Costs      *ExportCosts     `json:"costs,omitempty"`     // of its functions, from profiles
	Reproduce  string           `json:"reproduce,omitempty"`
	OldProfile string           `json:"old_profile,omitempty"`
	NewProfile string           `json:"new_profile,omitempty"`
}

// An ExportCount is an exact metric.
type ExportCount struct {
	Unit    string  `json:"unit"`
	Alone   bool    `json:"alone,omitempty"`
	Old     float64 `json:"old"`
	New     float64 `json:"new"`
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why"`
}

// An ExportFunction is a function that differs between the sides. A side that does not reach it has 0 bytes.
type ExportFunction struct {
	Name string `json:"name"`
	Old  int    `json:"old_bytes"`
	New  int    `json:"new_bytes"`
	Data bool   `json:"variable,omitempty"`
}

// ExportCosts says in which functions the time of either side went: shares of the samples of its CPU profile, in the
// function itself.
type ExportCosts struct {
	OldSamples int64        `json:"old_samples"`
	NewSamples int64        `json:"new_samples"`
	Functions  []ExportCost `json:"functions"`
}

// An ExportCost is the share of one function.
type ExportCost struct {
	Name string  `json:"name"`
	Old  float64 `json:"old"`
	New  float64 `json:"new"`
}

// An ExportWork is the instructions of an operation.
type ExportWork struct {
	By      string         `json:"by,omitempty"`
	Old     reports.Number `json:"old"`
	New     reports.Number `json:"new"`
	Change  reports.Number `json:"change"`            // 0.02 is 2 % more
	Band    reports.Number `json:"band"`              // what the change has to exceed
	Verdict Verdict        `json:"verdict,omitempty"` // none if the row was not counted
	Why     string         `json:"why"`
}

// WriteJSON writes r as an indented [Export].
func WriteJSON(w io.Writer, r *Report) error {
	out := json.NewEncoder(w)
	out.SetIndent("", " ")
	return out.Encode(r.Export())
}

// Export returns r in the form for programs. Lists are never nil, so that JSON
// has [] and not null.
func (r *Report) Export() Export {
	e := Export{
		Schema: Schema, Outcome: strings.ToLower(r.outcome()), Exit: r.Exit(),
		Old: r.Old.export(), New: r.New.export(), Facts: []ExportFact{},
		Errors: append([]string{}, r.Errors...), Invalid: append([]string{}, r.Invalid...),
		Notes: append([]string{}, r.Notes...), Advisory: r.Advisory, Stopped: r.Stopped, Late: r.Late,
		Family: r.Family, Stages: r.Stages, FalseAlarm: r.FalseAlarm, MinEffect: r.MinEffect,
		Command: r.Command, Rows: []ExportRow{}, Controls: []ExportRow{},
	}
	for _, f := range r.Facts {
		e.Facts = append(e.Facts, ExportFact(f))
	}
	for _, j := range r.Rows {
		e.Rows = append(e.Rows, r.export(j))
	}
	for _, j := range r.Controls {
		row := r.export(j)
		row.Broken = j.failure()
		e.Controls = append(e.Controls, row)
	}
	return e
}

// export leaves out the directory and the facts: both describe the machine that measured.
func (s Side) export() ExportSide { return ExportSide{s.Name, s.Revision, s.Dirty} }

// export returns one row. NaN becomes null.
func (r *Report) export(j *Judged) ExportRow {
	nan := reports.Number(math.NaN())
	e := ExportRow{
		Package: j.Row.Package, Name: j.Row.Name, Verdict: j.Verdict, LetPass: j.Allowed, Why: j.Why,
		Planted: j.Planted, Mode: j.Row.Mode, Changed: j.Row.Changed, Reproduce: j.Row.Reproduce,
		OldProfile: j.Row.OldProfile, NewProfile: j.Row.NewProfile,
		Old: nan, New: nan, Ratio: nan, Low: nan, High: nan, P: nan, Corrected: nan, Level: nan,
		Margin: nan, Noise: nan, MDE: nan,
	}
	if j.Waiver != nil {
		e.Waiver = j.Waiver.Pos
	}
	e.File, e.Line = j.Row.File, j.Row.Line
	for _, f := range j.Row.Functions {
		e.Functions = append(e.Functions, ExportFunction(f))
	}
	if c := j.Row.Costs; c != nil {
		e.Costs = &ExportCosts{c.OldSamples, c.NewSamples, []ExportCost{}}
		for _, f := range c.Functions {
			e.Costs.Functions = append(e.Costs.Functions, ExportCost(f))
		}
	}
	for _, c := range j.Counts {
		e.Exact = append(e.Exact, ExportCount{c.Unit, c.Alone, c.Old, c.New, c.Verdict, c.Why})
	}
	if w := j.Work; w != nil {
		e.Work = &ExportWork{w.By, nan, nan, nan, nan, w.Verdict, w.Why}
		if w.Old > 0 {
			e.Work.Old, e.Work.New = reports.Number(w.Old), reports.Number(w.New)
			e.Work.Change, e.Work.Band = reports.Number(w.Change()), reports.Number(w.Band)
		}
	}
	if t := j.Time; t != nil {
		e.Advisory = r.Advisory != ""
		e.Stage, e.Pairs, e.Needs, e.OfMean = t.Stage, t.Pairs, t.Needs, j.OfMean
		e.Old, e.New = reports.Number(t.OldMedian), reports.Number(t.NewMedian)
		e.Ratio = reports.Number(t.Ratio)
		if t.Confidence > 0 {
			e.Low, e.High = reports.Number(t.Lo), reports.Number(t.Hi)
		}
		e.P, e.Corrected = reports.Number(t.Slower), reports.Number(t.Corrected)
		if t.Verdict == Improved { // the p of its own direction, as p_corrected is
			e.P = reports.Number(t.Faster)
		}
		e.Level, e.Margin = reports.Number(t.Level), reports.Number(t.Margin)
		e.Noise, e.MDE = reports.Number(t.Noise), reports.Number(t.MDE)
	}
	return e
}

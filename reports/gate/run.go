package gate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/semabench/semabench/reports"
)

// A Run is a measurement of two sides, before any judgement.
//
// [Write] keeps it as JSON lines: a header, then one row a line. So a run that
// was cut off is still readable as far as it goes.
type Run struct {
	Old, New Side
	Facts    []reports.Fact // about the machine and the measurement: layout seed, slices, pairs
	Rows     []Row
	Controls []Control

	Planned int    // number of rows that were to be measured, of all shards
	Stages  int    // 1 if it was declared beforehand that no row is measured again; 0 means 2
	Stopped string // why the run ended early; "" if it did not
	Late    string // says that the time was over before everything was measured, though every row is known
	Command string // repeats the measurement

	// A run may be dealt to several machines. Each measures one shard of the rows, and knows how many rows the others
	// have. Shards is 0 if the run is whole, also if it was joined.
	Shard, Shards int
	Elsewhere     int

	OnlyOld, OnlyNew []string // IDs of rows that only one side has

	// WhyOnly says why one side lacks such a row, by ID, if it is known: that side skips it.
	WhyOnly map[string]string
}

// A Side is one of the two programs that are compared.
type Side struct {
	Name     string // as the user gave it: origin/main, a directory, a file
	Revision string
	Dir      string
	Dirty    bool           // has changes that are in no revision
	Facts    []reports.Fact // must be equal on both sides: the processor, the Go version
}

// OnlyPlace begins Row.Why of an Identical row whose test binaries differ, but not
// in anything that the benchmark can reach.
const OnlyPlace = "the code is the same; only its place in the binary differs"

// A Mode says how a row was measured.
type Mode string

const (
	Sliced Mode = "sliced" // two processes alternated slices of about a millisecond
	Fresh  Mode = "fresh"  // each value had a process of its own, interleaved; Row.Why says why
	Failed Mode = "failed" // not measured at all; Row.Err says why

	// Identical rows run the same code on both sides and were not measured;
	// Row.Why says what that rests on. Such a row is a benchmark function: its
	// sub-benchmarks are unknown.
	Identical Mode = "identical"

	// Unreached rows have no time, because the time of the run was over before it was measured.
	// Their counts are judged, and Row.Why says what helps.
	Unreached Mode = "unreached"

	// Untimed rows report a time of 0, which means that their time says nothing.
	// Only their allocations are judged.
	Untimed Mode = "untimed"
)

// A Row is one benchmark on both sides.
type Row struct {
	Package   string // import path
	Name      string // without the -N of GOMAXPROCS; "" is a whole package that failed to build
	Mode      Mode
	Why       string `json:",omitempty"` // why it was not sliced as usual
	Err       string `json:",omitempty"` // "new: panic: …", "old: no answer in 30s"
	Contended bool   `json:",omitempty"` // has several goroutines, or allocates: needs twice the pairs

	Shard int `json:",omitempty"` // of a joined run; 0 if the run was whole

	Pairs     []Pair  `json:",omitempty"` // of the first stage
	Second    []Pair  `json:",omitempty"` // of the second stage, on fresh processes
	SelfPairs []Pair  `json:",omitempty"` // old against old: how much the row differs without a change
	Exact     []Exact `json:",omitempty"`

	// Looks and SecondLooks are the numbers of pairs at which a stage may stop, in ascending order,
	// declared before the stage. None means one look at all pairs; see [Looks].
	Looks, SecondLooks []int `json:",omitempty"`

	Instructions *Instructions `json:",omitempty"` // nil if no instrument was looked for

	// Changed says how the benchmark itself, test code that it uses, or a file that it may read differs; "" if none
	// does. Such a row compares two benchmarks, and not only two programs.
	Changed string `json:",omitempty"`

	// Functions are the functions and variables that the benchmark reaches and that differ between the sides. Only
	// rows of which a reader asks why have them; see [Report.NeedsReasons]. File and Line are where the benchmark
	// is on the new side, below the top of its repository.
	Functions []Function `json:",omitempty"`
	File      string     `json:",omitempty"`
	Line      int        `json:",omitempty"`

	// Costs says in which functions the time of both sides went. Rows that have profiles have it.
	Costs *Costs `json:",omitempty"`

	Spent                  time.Duration // on measuring it, both sides together
	Reproduce              string        // command that measures it again
	OldProfile, NewProfile string        `json:",omitempty"` // CPU profiles, relative to the report
}

// ID names a row in waivers and outputs: the package, a dot and the benchmark.
func (r *Row) ID() string {
	if r.Package == "" || r.Name == "" {
		return r.Package + r.Name
	}
	return r.Package + "." + r.Name
}

// A Pair is two processes, one of each side, each linked with a code layout of its own. They took
// turns in ABBA order. Slices of one process share the addresses of its memory, which may be fast
// or slow by chance; processes are independent. So a pair is one value of every test, together with
// the other pairs that have the same two layouts; see [Units].
type Pair struct {
	Old, New             float64       // the typical slice of each process, ns/op
	OldMean, NewMean     float64       `json:",omitempty"` // over all slices; only of several goroutines
	OldSlices, NewSlices []float64     `json:",omitempty"` // ns/op in the order of time; may be left out
	OldLayout, NewLayout uint64        // seeds of the linker; 0 is unknown and equals no other layout
	At                   time.Duration // since the run began
}

// An Exact is a metric that is counted and not timed: totals over Ops operations,
// one total for each repeat. The least total counts, because anything else that
// runs in a process can only add to it.
type Exact struct {
	Unit     string // allocs/op or B/op
	Ops      int64
	Old, New []int64
	Alone    bool `json:",omitempty"` // counted on one processor, where goroutines do not meet
}

// Instructions are counts of the machine instructions of an operation: in user mode, on one
// processor, with the garbage collector off. Each value is of one process, and is the difference of
// two runs over the difference of their operations. So what a process does besides cancels out.
type Instructions struct {
	By       string    // the instrument
	Ops      int64     // of the longer run; the shorter one has an eighth
	Old, New []float64 `json:",omitempty"` // for each process
	Why      string    `json:",omitempty"` // why the row was not counted; "" if it was

	// Waiting says why goroutines may wait for each other in this row; "" if they do not. Then more
	// instructions are still more work, but equal ones settle nothing.
	Waiting string `json:",omitempty"`
}

// A Control is a row that was measured to check the gate itself: the old side
// against itself, either unchanged or with a slowdown planted into the second
// one.
type Control struct {
	Row     Row
	Planted float64 // 0.10 is a slowdown of 10 %; 0 is none
}

// A Function is reached by a benchmark, and its machine code differs between the sides; or it is a variable
// whose content does.
type Function struct {
	Name     string
	Old, New int  `json:",omitempty"` // bytes; 0 if the benchmark does not reach it on that side
	Data     bool `json:",omitempty"` // a variable
}

// Costs says where the time of a benchmark went on both sides, from a CPU profile of each. Shares are of all samples
// of their side.
type Costs struct {
	OldSamples, NewSamples int64
	Functions              []Cost // time in each function itself
	Root                   *Frame // time by calls
}

// A Cost is the share of the time in a function itself, without the functions that it calls.
type Cost struct {
	Name     string
	Old, New float64 `json:",omitempty"`
}

// A Frame is a function as called on one path, with everything that it calls there.
type Frame struct {
	Name     string
	Old, New float64  `json:",omitempty"`
	Calls    []*Frame `json:",omitempty"`
}

// formatVersion is the version of the file format. A reader refuses any other
// version, because a field that changed its meaning would change verdicts without
// a word.
const formatVersion = 1

// A header is the first line of a run file.
type header struct {
	Version          int `json:"gate-run"`
	Old, New         Side
	Facts            []reports.Fact
	Planned, Stages  int
	Command          string
	OnlyOld, OnlyNew []string          `json:",omitempty"`
	WhyOnly          map[string]string `json:",omitempty"`
	Shard, Shards    int               `json:",omitempty"`
	Elsewhere        int               `json:",omitempty"`
}

// A line is any other line of a run file. A row is written after its first stage,
// and again with its second stage or its profiles; the later line replaces the
// earlier one. The last line is the end.
type line struct {
	Row     *Row     `json:"row,omitempty"`
	Control *Control `json:"control,omitempty"`
	End     *ending  `json:"end,omitempty"`
}

// An ending marks a file as complete, even if the measurement stopped early.
type ending struct {
	Stopped string // "" if everything was measured
	Late    string `json:",omitempty"`
}

// A Writer writes a run while it is measured. Each line is complete before the
// next line begins.
type Writer struct {
	out *json.Encoder
	err error // the first error; nothing is written after it
}

// NewWriter writes the header of run: everything but the rows, the controls and
// why it stopped.
func NewWriter(w io.Writer, run *Run) (*Writer, error) {
	out := &Writer{out: json.NewEncoder(w)}
	return out, out.write(header{formatVersion, run.Old, run.New, run.Facts, run.Planned, run.Stages,
		run.Command, run.OnlyOld, run.OnlyNew, run.WhyOnly, run.Shard, run.Shards, run.Elsewhere})
}

// Row writes a row. A row may be written again when more of it is known.
func (w *Writer) Row(r *Row) error { return w.write(line{Row: r}) }

// Control writes a control.
func (w *Writer) Control(c *Control) error { return w.write(line{Control: c}) }

// End writes the last line, with what run says about its end.
func (w *Writer) End(run *Run) error {
	return w.write(line{End: &ending{Stopped: run.Stopped, Late: run.Late}})
}

// write encodes one line. After an error it writes nothing more, so that the file
// stays readable up to there.
func (w *Writer) write(v any) error {
	if w.err == nil {
		if err := w.out.Encode(v); err != nil {
			w.err = fmt.Errorf("writing the run: %w", err)
		}
	}
	return w.err
}

// Write writes the whole of run.
func Write(w io.Writer, run *Run) error {
	out, err := NewWriter(w, run)
	for i := range run.Rows {
		err = errors.Join(err, out.Row(&run.Rows[i]))
	}
	for i := range run.Controls {
		err = errors.Join(err, out.Control(&run.Controls[i]))
	}
	if err != nil {
		return out.err
	}
	return out.End(run)
}

// Read reads a run file. name is for error messages.
//
// A file that was cut off inside its last line is read up to there, and Stopped
// says so. A broken line before the last one is an error: the file is damaged and
// not merely short.
func Read(name string, r io.Reader) (*Run, error) {
	in := bufio.NewReader(r)
	text, readErr := in.ReadBytes('\n')
	var h header
	if err := json.Unmarshal(text, &h); err != nil || h.Version == 0 {
		return nil, errors.Join(unlessEOF(name, readErr),
			fmt.Errorf("%s:1: no run of semabench gate: its first line is no header", name))
	}
	if h.Version != formatVersion {
		return nil, fmt.Errorf("%s:1: format %d, this program reads %d; judge it with the program "+
			"that measured it", name, h.Version, formatVersion)
	}
	run := &Run{Old: h.Old, New: h.New, Facts: h.Facts, Planned: h.Planned, Stages: h.Stages,
		Command: h.Command, OnlyOld: h.OnlyOld, OnlyNew: h.OnlyNew, WhyOnly: h.WhyOnly,
		Shard: h.Shard, Shards: h.Shards, Elsewhere: h.Elsewhere}
	ended := false
	for number := 2; readErr == nil; number++ {
		text, readErr = in.ReadBytes('\n')
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		var l line
		err := json.Unmarshal(text, &l)
		if errors.Is(readErr, io.EOF) { // no end of line, so the line may be cut even if it parses
			run.Stopped = fmt.Sprintf("%s: cut off inside line %d, which is dropped", name, number)
			return run, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		}
		run.add(l)
		ended = ended || l.End != nil
	}
	if err := unlessEOF(name, readErr); err != nil {
		return nil, err
	}
	if !ended {
		run.Stopped = name + " has no end: measuring was cut off"
	}
	return run, nil
}

// unlessEOF returns an error of reading. The end of the file is none.
func unlessEOF(name string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("reading %s: %w", name, err)
}

// add puts a line that was read into r. A row that is known already is replaced.
func (r *Run) add(l line) {
	switch {
	case l.Row != nil:
		i := slices.IndexFunc(r.Rows, func(known Row) bool { return known.ID() == l.Row.ID() })
		if i < 0 {
			r.Rows = append(r.Rows, *l.Row)
		} else {
			r.Rows[i] = *l.Row
		}
	case l.Control != nil:
		r.Controls = append(r.Controls, *l.Control)
	case l.End != nil:
		r.Stopped, r.Late = l.End.Stopped, l.End.Late
	}
}

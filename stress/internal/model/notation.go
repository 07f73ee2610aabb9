package model

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Notation is a table that says how programs are written. A program is its size, a colon, and the
// operations of each worker:
//
//	2: a1.3 t1 | c2.1 r1
//
// An operation is a letter, perhaps a number, and perhaps a dot and a second number. The table says
// which letter stands for which kind, and which numbers it takes.
//
// There are two tables, because package stress and explore.Semaphore had recorded programs before
// they shared this parser. The letters a, c, w and y differ. The flag that carries a program
// chooses the table: -stress.program or -explore.scenario.
//
// A table and not two parsers: a form that is written is the form that is read, so a program that a
// failure prints can always be played again.
type Notation struct {
	Name       string // of a program, in error messages
	Forms      []Form
	MaxSize    int64
	MaxWorkers int
	MaxOps     int64
}

// A Form says how one kind of operation is written. A kind has one letter in a notation, since
// Format has to find it.
type Form struct {
	Letter byte
	Kind   OpKind
	Number Number // Op.N
	Lag    Number // Op.Lag

	// WithinSize refuses a number above the size of the semaphore: without a cancellation such an
	// Acquire would wait for ever.
	WithinSize bool
}

// A Number bounds one number of an operation. The zero Number allows none.
type Number struct {
	Name        string
	Least, Most int64
	Optional    bool
}

// The bounds keep a mistyped program from filling the memory.
const (
	maxWorkers = 64
	maxPermits = 1_000_000
	maxOps     = 10_000
)

// Most of permits is one more than a semaphore may have: a request that can never be granted is a
// program worth writing.
var (
	permits = Number{Name: "permits", Most: maxPermits + 1}
	some    = Number{Name: "permits", Least: 1, Most: maxPermits + 1} // a Release of none is no call
	yields  = Number{Name: "yields", Most: 1_000}                     // after a dot, which may be missing
	weight  = Number{Name: "permits", Most: math.MaxInt64}

	allOrSome = Number{Name: "permits", Most: math.MaxInt64, Optional: true}
)

// StressNotation writes the random programs of package stress and the value of -stress.program.
// What workers hold in the end is released. w has no number here: a rest lasts until nothing can
// move, whichever rest it is.
var StressNotation = Notation{
	Name: "program",
	Forms: []Form{
		{Letter: 'a', Kind: AcquireStoppable, Number: permits, Lag: yields, WithinSize: true},
		{Letter: 'b', Kind: AcquireBackground, Number: permits, Lag: yields, WithinSize: true},
		{Letter: 'c', Kind: AcquireCancelled, Number: permits, Lag: yields},
		{Letter: 'y', Kind: AcquireCustom, Number: permits, Lag: yields},
		{Letter: 'd', Kind: AcquireDone, Number: permits, Lag: yields},
		{Letter: 't', Kind: Try, Number: permits, Lag: yields},
		{Letter: 'r', Kind: Release, Number: some, Lag: yields},
		{Letter: 'h', Kind: HandOver, Number: some, Lag: yields},
		{Letter: 'w', Kind: Rest},
	},
	MaxSize:    maxPermits,
	MaxWorkers: maxWorkers,
	MaxOps:     maxOps,
}

// ScenarioNotation writes the scenarios of explore.Semaphore and the value of -explore.scenario. In
// the end every worker releases what it holds. Sizes go up to the largest int64, because the
// explorer asks for the weights at the end of the range.
var ScenarioNotation = Notation{
	Name: "scenario",
	Forms: []Form{
		{Letter: 'a', Kind: AcquireBackground, Number: weight},
		{Letter: 'c', Kind: AcquireCancelled, Number: weight},
		{Letter: 'd', Kind: AcquireDone, Number: weight},
		{Letter: 'y', Kind: AcquireCustom, Number: weight},
		{Letter: 'e', Kind: AcquireDeadline, Number: weight},
		{Letter: 't', Kind: Try, Number: weight},
		{Letter: 'r', Kind: Release, Number: allOrSome},
		{Letter: 'w', Kind: Rest, Number: Number{Name: "number of the rest", Most: maxOps}},
		{Letter: 'x', Kind: Cancel, Number: Number{Name: "worker", Most: maxWorkers - 1}},
		{Letter: 'p', Kind: OverRelease, Number: allOrSome},
		{Letter: 'n', Kind: Negative},
	},
	MaxSize:    math.MaxInt64,
	MaxWorkers: maxWorkers,
	MaxOps:     maxOps,
}

// Format writes a program. Parse reads it back.
func (n *Notation) Format(p Program) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d:", p.Size)
	for i, ops := range p.Workers {
		if i > 0 {
			b.WriteString(" |")
		}
		for _, o := range ops {
			b.WriteString(" " + n.formatOp(o))
		}
	}
	return b.String()
}

func (n *Notation) formatOp(o Op) string {
	f := n.formOf(o.Kind)
	s := string(f.Letter)
	if f.Number.Name != "" && !(f.Number.Optional && o.N == AllHeld) {
		s += strconv.FormatInt(o.N, 10)
	}
	if o.Lag > 0 && f.Lag.Name != "" {
		s += "." + strconv.Itoa(o.Lag)
	}
	return s
}

// It panics, because only a program of this module can have a kind without a letter.
func (n *Notation) formOf(k OpKind) *Form {
	for i := range n.Forms {
		if n.Forms[i].Kind == k {
			return &n.Forms[i]
		}
	}
	panic(fmt.Sprintf("model: a %s has no letter for operation %d", n.Name, k))
}

// Letters returns the letters of all operations.
func (n *Notation) Letters() string {
	var b strings.Builder
	for _, f := range n.Forms {
		b.WriteByte(f.Letter)
	}
	return b.String()
}

// Parse reads a program. Its errors quote the text and name the range that was expected. 200
// characters show where the text went wrong; a whole program may fill a screen.
func (n *Notation) Parse(text string) (Program, error) {
	p, err := n.parse(text)
	if err != nil {
		return Program{}, fmt.Errorf("%s %.200q: %w", n.Name, text, err)
	}
	return p, nil
}

// What concerns the whole program is checked last: a cancellation may name a worker that comes
// later.
func (n *Notation) parse(text string) (Program, error) {
	size, workers, ok := strings.Cut(text, ":")
	if !ok {
		return Program{}, fmt.Errorf("want SIZE: OPS | OPS …")
	}
	s, err := Number{Name: "size", Most: n.MaxSize}.parse(strings.TrimSpace(size))
	if err != nil {
		return Program{}, err
	}
	p := Program{Size: s}
	for worker := range strings.SplitSeq(workers, "|") {
		ops, err := n.ParseOps(worker, p.Size)
		if err != nil {
			return Program{}, fmt.Errorf("worker %d: %w", len(p.Workers), err)
		}
		p.Workers = append(p.Workers, ops)
	}
	if len(p.Workers) > n.MaxWorkers || p.Ops() > n.MaxOps {
		return Program{}, fmt.Errorf("%d workers and %d operations: at most %d and %d are allowed",
			len(p.Workers), p.Ops(), n.MaxWorkers, n.MaxOps)
	}
	for worker, o := range p.All() {
		if o.Kind == Cancel && o.N >= int64(len(p.Workers)) {
			return Program{}, fmt.Errorf("worker %d: x%d: there are only workers 0 to %d",
				worker, o.N, len(p.Workers)-1)
		}
	}
	return p, nil
}

// ParseOps reads the operations of one worker on a semaphore of the given size.
func (n *Notation) ParseOps(text string, size int64) (ops []Op, err error) {
	for word := range strings.FieldsSeq(text) {
		o, err := n.parseOp(word, size)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", word, err)
		}
		ops = append(ops, o)
	}
	return ops, nil
}

// Only a form with a Lag cuts at the dot. Elsewhere a dot is part of a number, which then cannot be
// read.
func (n *Notation) parseOp(word string, size int64) (o Op, err error) {
	at := strings.IndexByte(n.Letters(), word[0])
	if at < 0 {
		return o, fmt.Errorf("an operation begins with one of the letters %s", n.Letters())
	}
	f := n.Forms[at]
	o.Kind = f.Kind
	if f.Number.Name == "" {
		if len(word) > 1 {
			return o, fmt.Errorf("%c stands alone", f.Letter)
		}
		return o, nil
	}
	number, lag, hasLag := word[1:], "", false
	if f.Lag.Name != "" {
		number, lag, hasLag = strings.Cut(number, ".")
	}
	if o.N, err = f.Number.parse(number); err != nil {
		return o, err
	}
	if hasLag {
		n, err := f.Lag.parse(lag)
		if err != nil {
			return o, err
		}
		o.Lag = int(n)
	}
	if f.WithinSize && o.N > size {
		return o, fmt.Errorf("waits for ever, the size is %d; use c%d, with a cancellation", size, o.N)
	}
	return o, nil
}

// parse reads a number within its bounds. An optional number that is missing is AllHeld.
func (b Number) parse(text string) (int64, error) {
	if text == "" && b.Optional {
		return AllHeld, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < b.Least || n > b.Most {
		return 0, fmt.Errorf("%s: %q: want a number from %d to %d", b.Name, text, b.Least, b.Most)
	}
	return n, nil
}

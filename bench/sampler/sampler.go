// Package sampler is the program that takes samples for semabench run. It measures one row once,
// in a process of its own.
//
// A program with your own semaphore in its table is two lines; semabench run -impl writes and
// builds them for you:
//
//	func main() { sampler.Main(append(impls.All(), sampler.Of("mine", mine.New))) }
//
// # How to run it
//
//	./sample -row workload=contended/impl=mine/permits=1/goroutines=8 -benchtime 250ms
//	./sample -header
//
// # What this does not show
//
// One sample is no measurement. semabench run takes many, with the implementations in turns, and
// each round with a binary that is linked in another order.
package sampler

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
)

// Main is the main function of the program. The command line holds a Request.
func Main(table []impls.Impl) {
	ignoreGroupSignals()
	var r Request
	f := flag.NewFlagSet("sample", flag.ExitOnError)
	r.Flags(f)
	_ = f.Parse(os.Args[1:]) // exits on an error
	if err := r.Answer(os.Stdout, table); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// ignoreGroupSignals ignores the signals that a terminal (Ctrl-C) and timeout(1) send to a whole
// process group. The parent of this program kills it after such a signal. If the program ended by
// itself, the parent would record a row that failed, and would not measure it again.
func ignoreGroupSignals() { signal.Ignore(os.Interrupt, syscall.SIGTERM) }

// Of is impls.Of for a constructor whose parameter may also be an int or an int32.
func Of[N ~int | ~int32 | ~int64, S impls.Semaphore](name string, construct func(size N) S) impls.Impl {
	return impls.Of(name, func(size int64) S { return construct(N(size)) })
}

// A Request says what to print.
type Request struct {
	Header    bool          // the configuration lines of a text, instead of a sample
	Table     bool          // the implementations that it can measure, instead of a sample
	Row       string        // as in benchmark names: workload=…/impl=…/…
	Benchtime time.Duration // of the timed pass
}

// Flags adds the flags of a request to f.
func (r *Request) Flags(f *flag.FlagSet) {
	f.BoolVar(&r.Header, "header", false, "print what a text begins with, and measure nothing")
	f.BoolVar(&r.Table, "table", false, "print the implementations as JSON, and measure nothing")
	f.StringVar(&r.Row, "row", "", "row to measure: workload=…/impl=…/permits=…/goroutines=…")
	f.DurationVar(&r.Benchtime, "benchtime", 100*time.Millisecond, "how long to measure")
}

// Args returns the arguments with which Flags reads the same request in another process.
func (r Request) Args() []string {
	switch {
	case r.Header:
		return []string{"-header"}
	case r.Table:
		return []string{"-table"}
	}
	return []string{"-row", r.Row, "-benchtime", r.Benchtime.String()}
}

// ErrFailed says that the row exists, and that its measurement failed.
var ErrFailed = errors.New("the sample failed")

// Answer writes benchmark text: the sample of a row, or the configuration lines. table has the
// implementations that a row can name.
func (r Request) Answer(w io.Writer, table []impls.Impl) error {
	if r.Header {
		return writeHeader(w, table)
	}
	if r.Table {
		return writeTable(w, table)
	}
	if r.Benchtime <= 0 {
		return fmt.Errorf("-benchtime=%v: want a positive time", r.Benchtime)
	}
	c, name, err := bench.ParseRow(r.Row)
	if err != nil {
		return err
	}
	table = append(slices.Clip(table), bench.Floor())
	i := slices.IndexFunc(table, func(impl impls.Impl) bool { return impl.Name == name })
	if i < 0 {
		return fmt.Errorf("unknown row %q: there is no implementation %q", r.Row, name)
	}
	return r.sample(w, c, table[i])
}

// An Entry is an implementation of the table, as far as a plan of samples needs to know it.
type Entry struct {
	Name        string
	UnitWeights bool
	NoTry       bool `json:",omitempty"` // such an implementation cannot be measured
}

// writeTable writes the entries of the table. It refuses two entries of one name: their rows could
// not be told apart.
func writeTable(w io.Writer, table []impls.Impl) error {
	var all []Entry
	seen := map[string]bool{}
	for _, impl := range table {
		if seen[impl.Name] {
			return fmt.Errorf("two implementations are named %s", impl.Name)
		}
		seen[impl.Name] = true
		all = append(all, Entry{impl.Name, impl.UnitWeights, impl.NoTry})
	}
	return json.NewEncoder(w).Encode(all)
}

func (r Request) sample(w io.Writer, c bench.Case, impl impls.Impl) error {
	warmUp()
	line, err := c.Sample(impl, r.Benchtime)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	_, err = io.WriteString(w, line)
	return err
}

// writeHeader writes the configuration lines. This program writes them and not its parent, because
// another version of Go may have built the parent, and because only this program has the
// implementations of other packages, with what they declare.
func writeHeader(w io.Writer, table []impls.Impl) error {
	_, err := fmt.Fprintf(w, "goos: %s\ngoarch: %s\npkg: github.com/semabench/semabench/bench\n",
		runtime.GOOS, runtime.GOARCH)
	if err == nil {
		err = bench.WriteHeader(w, "interleaved")
	}
	if err == nil {
		_, err = fmt.Fprintf(w, "warm-up: cores for %v, then the row for an eighth of the time\n", WarmUp)
	}
	if err == nil {
		err = bench.WriteDeclarations(w, table)
	}
	return err
}

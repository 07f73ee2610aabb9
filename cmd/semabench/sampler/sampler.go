// Package sampler is the program that takes samples for semabench run: one row, once, in a process
// of its own.
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
// One sample is no measurement: see semabench run, which takes many, in turns, each round of them
// with a binary that is linked in another order.
package sampler

import (
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

// Main is the main function of the program. Its arguments are those of a Request.
func Main(table []impls.Impl) {
	outliveGroup()
	var r Request
	f := flag.NewFlagSet("sample", flag.ExitOnError)
	r.Flags(f)
	_ = f.Parse(os.Args[1:]) // it exits
	if err := r.Answer(os.Stdout, table); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// outliveGroup ignores what reaches a whole group of processes: Ctrl-C in a terminal, SIGTERM from
// timeout. Whoever started this program kills it; if it ended by itself, a row would seem to have failed,
// and would not be tried again.
func outliveGroup() { signal.Ignore(os.Interrupt, syscall.SIGTERM) }

// Of is impls.Of for a constructor whose size may be an int as well.
func Of[N ~int | ~int32 | ~int64, S impls.Semaphore](name string, construct func(size N) S) impls.Impl {
	return impls.Of(name, func(size int64) S { return construct(N(size)) })
}

// A Request is what the program is asked for.
type Request struct {
	Header    bool          // the head of a text, instead of a sample
	Row       string        // as in benchmark names: workload=…/impl=…/…
	Benchtime time.Duration // of the timed pass
}

// Flags adds those of a request to f.
func (r *Request) Flags(f *flag.FlagSet) {
	f.BoolVar(&r.Header, "header", false, "print what a text begins with, and measure nothing")
	f.StringVar(&r.Row, "row", "", "row to measure: workload=…/impl=…/permits=…/goroutines=…")
	f.DurationVar(&r.Benchtime, "benchtime", 100*time.Millisecond, "how long to measure")
}

// Args returns the arguments that make a request of another process.
func (r Request) Args() []string {
	if r.Header {
		return []string{"-header"}
	}
	return []string{"-row", r.Row, "-benchtime", r.Benchtime.String()}
}

// ErrFailed is in the errors of rows that there are, but that could not be measured.
var ErrFailed = errors.New("the sample failed")

// Answer does what r asks for and writes benchmark text.
func (r Request) Answer(w io.Writer, table []impls.Impl) error {
	if r.Header {
		return writeHeader(w)
	}
	if r.Benchtime <= 0 {
		return fmt.Errorf("-benchtime=%v: want a positive time", r.Benchtime)
	}
	c, name, err := bench.ParseRow(r.Row)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(table, func(impl impls.Impl) bool { return impl.Name == name })
	if i < 0 {
		return fmt.Errorf("unknown row %q: there is no implementation %q", r.Row, name)
	}
	return r.sample(w, c, table[i])
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

// writeHeader is a matter of the program that measures: another one may be built by another Go.
func writeHeader(w io.Writer) error {
	_, err := fmt.Fprintf(w, "goos: %s\ngoarch: %s\npkg: github.com/semabench/semabench/bench\n",
		runtime.GOOS, runtime.GOARCH)
	if err == nil {
		err = bench.WriteHeader(w, "interleaved")
	}
	if err == nil {
		_, err = fmt.Fprintf(w, "warm-up: cores for %v, then the row for an eighth of the time\n", WarmUp)
	}
	return err
}

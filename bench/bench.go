package bench

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/machine"
)

// params are those of `go test -bench`, for example -bench.permits=1,4.
var params = commandLine()

func commandLine() *Params {
	p := new(Params)
	p.AddFlags(flag.CommandLine, "bench.")
	return p
}

// Run benchmarks the implementations over the workloads of a default run, in sub-benchmarks named
// key=value. An implementation that fails is reported by name and the others still run. Flags
// choose other workloads and shapes: see Params.
func Run(b *testing.B, all ...impls.Impl) {
	cases, err := params.cases(Default(), Workloads(), false)
	runCases(b, cases, err, all)
}

// RunWorkloads is Run for chosen workloads: some of this package, or your own.
func RunWorkloads(b *testing.B, workloads []Workload, all ...impls.Impl) {
	if err := validate(workloads); err != nil {
		b.Fatal(err)
	}
	cases, err := params.cases(workloads, workloads, false)
	runCases(b, cases, err, all)
}

// runCases measures the rows one after the other, if there are any.
func runCases(b *testing.B, cases []Case, err error, all []impls.Impl) {
	if err == nil && len(all) == 0 {
		err = errors.New("no implementation to measure: hand one over, impls.Of(name, constructor)")
	}
	if err != nil {
		b.Fatalf("bench: %v", err)
	}
	writeHeaderOnce()
	workload := ""
	defer fmt.Println("workload:") // no longer: other benchmarks may follow
	for _, c := range cases {
		if c.Workload.Name != workload {
			workload = c.Workload.Name
			fmt.Printf("workload: %s\n", workload)
		}
		for _, impl := range all {
			m := measurement{Case: c, impl: impl}
			b.Run(c.Name(impl), func(b *testing.B) {
				if err := m.measure(b); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// WriteHeader writes the configuration and Unit lines that benchmark text begins with.
// Order says how samples follow each other: sequential or interleaved.
func WriteHeader(w io.Writer, order string) error {
	facts := machine.Read()
	if cpus := flag.Lookup("test.cpu"); cpus != nil && cpus.Value.String() != "" {
		facts.GOMAXPROCS = 0 // it is about to change; the names of the benchmarks carry it
	}
	if _, err := facts.WriteTo(w); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "order: %s\n", order); err != nil {
		return err
	}
	for _, m := range metrics {
		if _, err := fmt.Fprintf(w, "Unit %s better=%s assume=nothing\n", m.unit, m.better); err != nil {
			return err
		}
	}
	return nil
}

// writeHeaderOnce is for Run, which may be called by many benchmarks of one process.
var writeHeaderOnce = sync.OnceFunc(func() {
	if err := WriteHeader(os.Stdout, "sequential"); err != nil {
		panic(fmt.Sprintf("bench: writing the header of benchmark text: %v", err))
	}
})

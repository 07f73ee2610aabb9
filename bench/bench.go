package bench

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/machine"
)

// Run benchmarks the implementations over the workloads of a default run, in sub-benchmarks named
// key=value. An implementation that fails is reported by name and the others still run.
func Run(b *testing.B, all ...impls.Impl) { RunWorkloads(b, Workloads(), all...) }

// RunWorkloads is Run for chosen workloads: some of this package, or your own.
func RunWorkloads(b *testing.B, workloads []Workload, all ...impls.Impl) {
	writeHeaderOnce()
	workload := ""
	defer fmt.Println("workload:") // no longer: other benchmarks may follow
	for _, w := range workloads {
		if len(w.Shapes) == 0 {
			b.Errorf("bench: workload %q would not be measured: set Workload.Shapes", w.Name)
		}
	}
	for _, c := range Cases(workloads, false) {
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

// Sample measures one row once, for about one and a half times the given time, in this process, and returns the
// line of benchmark text for it: the time goes to the figures per operation, a quarter of it again to
// latencies and fairness, and the rest to finding out how many operations fill it.
func (c Case) Sample(impl impls.Impl, benchtime time.Duration) (string, error) {
	testing.Init()
	if err := flag.Set("test.benchtime", benchtime.String()); err != nil {
		return "", fmt.Errorf("setting the time of a sample: %w", err)
	}
	var failed error
	m := measurement{Case: c, impl: impl}
	r := testing.Benchmark(func(b *testing.B) {
		if err := m.measure(b); err != nil {
			failed = err
			b.FailNow()
		}
	})
	if failed != nil {
		return "", fmt.Errorf("%s: %w", c.Name(impl), failed)
	}
	name := "BenchmarkSemaphore/" + c.Name(impl)
	if procs := runtime.GOMAXPROCS(0); procs != 1 {
		name += fmt.Sprintf("-%d", procs)
	}
	return fmt.Sprintf("%s\t%s\t%s\n", name, r, r.MemString()), nil
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

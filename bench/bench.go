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

// A Workload is one way in which programs use a semaphore.
type Workload struct {
	Name   string
	Doc    string  // one line: what it stands for
	Shapes []Shape // how it is measured by default
	More   []Shape // what a full run measures in addition

	// Run performs b.N operations, or loops while b.Loop, on a semaphore that is free. It gives
	// back every permit, and returns the first error of any operation.
	Run func(b *testing.B, sem impls.Semaphore, s Shape) error
}

// A Shape is the size of a workload.
type Shape struct {
	Permits    int64
	Goroutines int
}

// A Case is one row of a benchmark: a workload in a shape.
type Case struct {
	Workload
	Shape
}

// Workloads returns all workloads in the order in which tables show them.
func Workloads() []Workload {
	return []Workload{uncontended, contended, cpu, io_}
}

// Cases returns the rows of some workloads, those of a full run if full is set.
func Cases(workloads []Workload, full bool) []Case {
	var all []Case
	for _, w := range workloads {
		shapes := w.Shapes
		if full {
			shapes = append(shapes[:len(shapes):len(shapes)], w.More...)
		}
		for _, s := range shapes {
			all = append(all, Case{w, s})
		}
	}
	return all
}

// Name returns the name of the row for an implementation, as it follows the name of the benchmark.
func (c Case) Name(impl impls.Impl) string {
	return fmt.Sprintf("workload=%s/impl=%s/permits=%d/goroutines=%d",
		c.Workload.Name, impl.Name, c.Permits, c.Goroutines)
}

// Run benchmarks the implementations over all workloads, in sub-benchmarks named key=value. An
// implementation that fails is reported by name and the others still run.
func Run(b *testing.B, all ...impls.Impl) {
	writeHeaderOnce()
	workload := ""
	defer fmt.Println("workload:") // no longer: other benchmarks may follow
	for _, c := range Cases(Workloads(), false) {
		if c.Workload.Name != workload {
			workload = c.Workload.Name
			fmt.Printf("workload: %s\n", workload)
		}
		for _, impl := range all {
			b.Run(c.Name(impl), func(b *testing.B) {
				if err := c.measure(b, impl); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// Sample measures one row once, for about the given time, in this process, and returns the line
// of benchmark text for it.
func (c Case) Sample(impl impls.Impl, benchtime time.Duration) (string, error) {
	testing.Init()
	if err := flag.Set("test.benchtime", benchtime.String()); err != nil {
		return "", fmt.Errorf("setting the time of a sample: %w", err)
	}
	var failed error
	r := testing.Benchmark(func(b *testing.B) {
		if err := c.measure(b, impl); err != nil {
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

// measure runs the workload on a fresh semaphore. A semaphore that has lost or made permits
// at the end has not been measured but caught.
func (c Case) measure(b *testing.B, impl impls.Impl) error {
	if err := impl.Validate(); err != nil {
		return err
	}
	sem, err := impl.Make(c.Permits)
	if err != nil {
		return err
	}
	b.ReportAllocs()
	before := cpuTime()
	if err := c.Workload.Run(b, sem, c.Shape); err != nil {
		return err
	}
	b.ReportMetric(float64(cpuTime()-before)/float64(b.N), "cpu-ns/op")
	if !sem.TryAcquire(c.Permits) || sem.TryAcquire(1) {
		return fmt.Errorf("%s does not have its %d permits back after %d operations",
			impl.Name, c.Permits, b.N)
	}
	return impls.Close(sem)
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
	_, err := fmt.Fprintf(w, "order: %s\nUnit cpu-ns/op better=lower assume=nothing\n", order)
	return err
}

// writeHeaderOnce is for Run, which may be called by many benchmarks of one process.
var writeHeaderOnce = sync.OnceFunc(func() {
	if err := WriteHeader(os.Stdout, "sequential"); err != nil {
		panic(fmt.Sprintf("bench: writing the header of benchmark text: %v", err))
	}
})

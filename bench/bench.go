package bench

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/benchkey"
	"github.com/semabench/semabench/internal/machine"
)

// params holds the flags of `go test -bench`, for example -bench.permits=1,4. They have to be
// registered before package testing parses the command line, which is before any benchmark runs.
var params = commandLine()

func commandLine() *Params {
	p := new(Params)
	p.AddFlags(flag.CommandLine, "bench.")
	return p
}

// Run benchmarks the implementations over the workloads of a default run, in sub-benchmarks named
// key=value. Flags choose other workloads and shapes, see [Params].
//
// An implementation that fails is reported by its name, and the others still run. Run stops b with
// Fatal if there is no implementation, or if the flags select nothing.
func Run(b *testing.B, all ...impls.Impl) {
	cases, err := params.cases(Default(), Workloads(), false)
	runCases(b, cases, err, all)
}

// RunWorkloads is Run for chosen workloads: some of this package, or your own. It stops b with
// Fatal if a workload cannot be measured: without shapes, without Run, or with a name that is
// taken.
func RunWorkloads(b *testing.B, workloads []Workload, all ...impls.Impl) {
	if err := validate(workloads); err != nil {
		b.Fatal(err)
	}
	cases, err := params.cases(workloads, workloads, false)
	runCases(b, cases, err, all)
}

// runCases measures every case on every implementation, one after the other.
func runCases(b *testing.B, cases []Case, err error, all []impls.Impl) {
	if err == nil && len(all) == 0 {
		err = errors.New("no implementation to measure: pass one, impls.Of(name, constructor)")
	}
	if err != nil {
		b.Fatalf("bench: %v", err)
	}
	writeHeaderOnce()
	if err := WriteDeclarations(os.Stdout, all); err != nil {
		b.Fatal(err)
	}
	workload := ""
	// Reset the key at the end: benchmarks of the same binary that follow are no workloads.
	defer fmt.Println("workload:")
	for _, c := range cases {
		if c.Workload.Name != workload {
			workload = c.Workload.Name
			fmt.Printf("workload: %s\n", workload)
		}
		for _, impl := range c.MeasuredOn(all) {
			m := benchmark{Case: c, impl: impl}
			b.Run(c.Name(impl), func(b *testing.B) {
				if err := m.run(b); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// WriteHeader writes the configuration lines and Unit lines that benchmark text begins with, and
// returns the first error of w. Order says how the samples of the text follow each other:
// “sequential” or “interleaved”.
func WriteHeader(w io.Writer, order string) error {
	facts := machine.Read()
	if cpus := flag.Lookup("test.cpu"); cpus != nil && cpus.Value.String() != "" {
		// go test -cpu changes GOMAXPROCS from row to row, so the header leaves it out. The name of
		// each row ends in its GOMAXPROCS.
		facts.GOMAXPROCS = 0
	}
	if _, err := facts.WriteTo(w); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "%s: %s\n", benchkey.Order, order); err != nil {
		return err
	}
	// Where requests may be refused, the time of a granted one decides, and not the time of any.
	if _, err := fmt.Fprintln(w, "Unit ns/grant decides=yes"); err != nil {
		return err
	}
	for _, m := range metrics {
		_, err := fmt.Fprintf(w, "Unit %s better=%s assume=nothing\n", m.unit, m.better)
		if err != nil {
			return err
		}
	}
	return nil
}

// WriteDeclarations writes what the implementations declare, in lines of benchmark text that tools
// skip if they do not know them:
//
//	Unit /impl require=no-burn,starvation-free,no-defect
//	Unit /impl=spin no-burn=burns-a-core-for-each-waiter weights=yes …
//
// The first line has the needs of a service, see [impls.Need]. The others have a key for each need.
// Its value is yes, or what the implementation does instead with hyphens for spaces. A report
// learns from these lines which column to recommend.
//
// They are Unit lines and not configuration lines, because results of different configurations
// never share a table: a new declaration would then separate new figures from old ones.
func WriteDeclarations(w io.Writer, all []impls.Impl) error {
	var text strings.Builder
	for i, impl := range all {
		var required []string
		line := "Unit /impl=" + impl.Name
		for _, need := range impl.Needs() {
			value := "yes"
			if !need.Met {
				value = strings.ReplaceAll(need.But, " ", "-")
			}
			line += " " + need.Name + "=" + value
			if need.Service {
				required = append(required, need.Name)
			}
		}
		if i == 0 {
			fmt.Fprintf(&text, "Unit /impl require=%s\n", strings.Join(required, ","))
		}
		text.WriteString(line + "\n")
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// writeHeaderOnce serves Run, which several benchmarks of one process may call.
var writeHeaderOnce = sync.OnceFunc(func() {
	if err := WriteHeader(os.Stdout, "sequential"); err != nil {
		panic(fmt.Sprintf("bench: writing the header of benchmark text: %v", err))
	}
})

// MeasuredOn returns the implementations of all on which c is measured.
func (c Case) MeasuredOn(all []impls.Impl) []impls.Impl {
	if c.Floor {
		return []impls.Impl{Floor()}
	}
	return slices.DeleteFunc(slices.Clone(all), func(impl impls.Impl) bool {
		return c.Weighted && impl.UnitWeights
	})
}

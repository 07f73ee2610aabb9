package process_test

import (
	"flag"
	"testing"

	"github.com/semabench/semabench/impls/process"
	"github.com/semabench/semabench/stress"
)

// The judges of one process: every clause, and random programs. Each wait goes through the kernel, so
// there are fewer programs than for semaphores of one process, unless -stress.ops says how many.
func TestContract(t *testing.T) {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "stress.ops" })
	if !given {
		if err := flag.Set("stress.ops", "20000"); err != nil {
			t.Fatal(err)
		}
	}
	for _, impl := range process.All() {
		t.Run(impl.Name, func(t *testing.T) { stress.Run(t, impl) })
	}
}

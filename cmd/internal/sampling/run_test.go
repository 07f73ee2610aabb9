package sampling

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/semabench/semabench/bench/sampler"
	"github.com/semabench/semabench/cmd/internal/layout"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/exitcode"
)

// sampleVar makes the test binary a program that takes samples.
const sampleVar = "SEMABENCH_TEST_SAMPLE"

func TestMain(m *testing.M) {
	if os.Getenv(sampleVar) != "" {
		os.Args = slices.Delete(os.Args, 1, 2) // the verb
		sampler.Main(impls.All())
		return
	}
	os.Exit(m.Run())
}

func testOptions() Options {
	return Options{
		Choose: func(names string) (chosen []impls.Impl, _ []layout.Constructor, _ error) {
			for _, impl := range impls.All() {
				if slices.Contains(strings.Split(names, ","), impl.Name) {
					chosen = append(chosen, impl)
				}
			}
			return chosen, nil, nil
		},
		Make: Self, Stderr: io.Discard,
	}
}

// Over the rounds each implementation has each place equally often.
func TestOrderOfRounds(t *testing.T) {
	all := impls.All()
	places := make(map[string][]int)
	for round := range 2 * len(all) {
		for place, impl := range orderOf(all, round) {
			places[impl.Name] = append(places[impl.Name], place)
		}
	}
	var want []int
	for place := range all {
		want = append(want, place, place)
	}
	for name, got := range places {
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s has the places %v, want %v", name, got, want)
		}
	}
}

// fullAfter is a disk that is full after a number of lines.
type fullAfter int

func (f *fullAfter) Write(p []byte) (int, error) {
	if *f -= fullAfter(bytes.Count(p, []byte("\n"))); *f < 0 {
		return 0, syscall.ENOSPC
	}
	return len(p), nil
}

// A full disk ends the run: no further sample could be kept.
func TestFullDisk(t *testing.T) {
	t.Setenv(sampleVar, "1")
	o := testOptions()
	p, err := ParsePlan(o, "-impl cond,spin -workload uncontended -samples 5 -benchtime 1ms -seed 1")
	if err != nil {
		t.Fatal(err)
	}
	r, err := prepare(context.Background(), o, p, 0)
	if err != nil {
		t.Fatal(err)
	}
	room := fullAfter(3) // the comment of a round, and a sample with its workload line
	r.text = &room
	err = r.measure(context.Background())
	if !errors.Is(err, exitcode.ErrFailed) || !errors.Is(err, syscall.ENOSPC) || r.done() != 1 {
		t.Errorf("measure = %v after %d samples, want no space after one", err, r.done())
	}
}

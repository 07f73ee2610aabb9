package bench

import (
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
)

// parsed parses command line flags into Params.
func parsed(t *testing.T, args ...string) (*Params, error) {
	t.Helper()
	f := flag.NewFlagSet("test", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	p := new(Params)
	p.AddFlags(f, "")
	return p, f.Parse(args)
}

// casesOf returns the names of the rows that the flags select, without impl=.
func casesOf(t *testing.T, full bool, args ...string) (rows []string, err error) {
	t.Helper()
	p, err := parsed(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := p.Cases(full)
	for _, c := range cases {
		rows = append(rows, strings.Replace(c.Name(impls.Impl{Name: "x"}), "/impl=x", "", 1))
	}
	return rows, err
}

func TestParams(t *testing.T) {
	for args, want := range map[string][]string{
		"-workload uncontended": {"workload=uncontended/permits=1/goroutines=1"},
		"-workload crowd -permits 2,3 -goroutines 5 -hold 70": {
			"workload=crowd/permits=2/goroutines=5/hold=70",
			"workload=crowd/permits=3/goroutines=5/hold=70"},
		"-workload mixed,handoff": {
			"workload=mixed/permits=16/goroutines=64/hold=50",
			"workload=handoff/permits=1/goroutines=2"},
		"-workload mixed -hold 7": {"workload=mixed/permits=16/goroutines=64/hold=7"},
		// A parameter that is not given keeps the value of the shape. Shapes that become equal give
		// one row.
		"-workload cpu -permits 8": {"workload=cpu/permits=8/goroutines=64"},
		// Workloads without a given parameter are left out, unless the user named them.
		"-latency 1500us -permits 3": {
			"workload=io/permits=3/goroutines=64/latency=1.5ms"},
		"-workload all -latency 20us -permits 3": {
			"workload=io/permits=3/goroutines=64/latency=20us",
			"workload=io-sleep/permits=3/goroutines=64/latency=20us",
			"workload=pool/permits=3/goroutines=64/latency=20us"},
	} {
		got, err := casesOf(t, false, strings.Fields(args)...)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", args, got, err, want)
		}
	}
}

// Without flags a default run has the default workloads, and a full run has all. The floor is the
// last of both.
func TestNoParams(t *testing.T) {
	var p Params
	for _, full := range []bool{false, true} {
		workloads := Default()
		if full {
			workloads = Workloads()
		}
		got, err := p.Cases(full)
		want := Cases(append(workloads, floor), full)
		if err != nil || len(got) != len(want) {
			t.Fatalf("full=%v: %d rows, %v, want %d", full, len(got), err, len(want))
		}
		for i := range got {
			if got[i].Workload.Name != want[i].Workload.Name || got[i].Shape != want[i].Shape {
				t.Errorf("row %d is %v, want %v", i, got[i].Shape, want[i].Shape)
			}
		}
	}
}

// ParseRow inverts Case.Name for every row of a full run, and refuses every other name.
func TestParseRow(t *testing.T) {
	for _, c := range Cases(Workloads(), true) {
		name := c.Name(impls.Impl{Name: "mine"})
		got, impl, err := ParseRow(name)
		if err != nil || impl != "mine" || got.Shape != c.Shape ||
			got.Workload.Name != c.Workload.Name {
			t.Errorf("%s: %s %+v of %q, %v", name, got.Workload.Name, got.Shape, impl, err)
		}
	}
	for name, want := range map[string]string{
		"":                      "no such flag",
		"workload=crowd/impl=x": "want all of a name such as",
		"workload=cpu/impl=x/permits=1/goroutines=64/hold=3":              "no CPU work",
		"workload=cpu/impl=x/goroutines=64/permits=1":                     "want all of a name",
		"workload=cpu,io/impl=x/permits=1/goroutines=64":                  "want all of a name",
		"workload=nosuch/impl=x/permits=1/goroutines=64":                  "unknown workload",
		"workload=cpu/impl=x/permits=1/goroutines=0":                      "want whole numbers",
		"workload=handoff/impl=x/permits=1/goroutines=3":                  "no others",
		"workload=io/impl=x/permits=1/goroutines=64/latency=1ms/procs=3":  "no such flag -procs",
		"workload=io/impl=x/permits=1/goroutines=64/latency=1ms/hold=300": "no CPU work",
	} {
		if c, impl, err := ParseRow(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %s %+v of %q, error %v, want %q", name, c.Workload.Name, c.Shape, impl,
				err, want)
		}
	}
}

// String returns flags that parse to the same parameters.
func TestParamsString(t *testing.T) {
	for _, args := range []string{"",
		"-workload io,pool -permits 1,4 -goroutines 8 -latency 1ms,500us",
		"-workload crowd -hold 50,5000"} {
		p, err := parsed(t, strings.Fields(args)...)
		if err != nil || p.String() != args {
			t.Errorf("%s: %v, %v", args, p, err)
		}
	}
}

func TestBadParams(t *testing.T) {
	for args, want := range map[string]string{
		"-permits 0":                      `-permits: "0": want whole numbers from 1`,
		"-permits 1,,2":                   `-permits: "": want whole numbers`,
		"-goroutines 1e9":                 `-goroutines: "1e9": want whole numbers from 1 to 1000000`,
		"-goroutines -3":                  `-goroutines: "-3": want`,
		"-hold 0":                         `-hold: "0": want`,
		"-latency 3":                      `-latency: "3": want durations such as`,
		"-latency -1ms":                   `-latency: "-1ms": want`,
		"-latency 1h":                     `of at most 1s`,
		"-workload nosuch":                `unknown workload "nosuch"; known are uncontended, contended, `,
		"-workload io,all":                `unknown workload "all"`,
		"-workload ,":                     `unknown workload ""`,
		"-workload io -hold 3":            "workload io does no CPU work that could be set",
		"-workload crowd -latency 3ms":    "workload crowd asks for nothing",
		"-workload handoff -goroutines 3": "workload handoff has the shapes",
		"-hold 3 -latency 1ms":            "no workload",
	} {
		p, err := parsed(t, strings.Fields(args)...)
		if err == nil {
			_, err = p.Cases(false)
		}
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "flag ", ""), want) {
			t.Errorf("%s: error is %v, want %q", args, err, want)
		}
	}
}

// Estimate includes the latencies of the counting pass, which wait for permits in turns.
func TestEstimate(t *testing.T) {
	few := Case{httpRequests, Shape{Permits: 1, Goroutines: 64, Latency: time.Millisecond}}
	if got, least := few.Estimate(100*time.Millisecond), 160*time.Millisecond; got < least {
		t.Errorf("Estimate(100ms) = %v, want at least %v", got, least)
	}
	many := few
	many.Permits = 16
	if few.Estimate(0) <= many.Estimate(0) {
		t.Errorf("Estimate with 1 permit is %v, want more than the %v with 16 permits: "+
			"counted operations wait in turns", few.Estimate(0), many.Estimate(0))
	}
}

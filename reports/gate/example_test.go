package gate_test

import (
	"fmt"
	"math"

	"github.com/semabench/semabench/reports/gate"
)

// pairs returns n pairs in which the new side takes about ratio times as long.
func pairs(n int, ratio float64) []gate.Pair {
	list := make([]gate.Pair, n)
	for i := range list {
		list[i] = gate.Pair{Old: 100, New: 100 * ratio * math.Exp(0.02*math.Sin(float64(7*i)))}
	}
	return list
}

func Example() {
	run := &gate.Run{
		Rows: []gate.Row{
			{Name: "BenchmarkSame", Pairs: pairs(24, 1)},
			{Name: "BenchmarkSlow", Pairs: pairs(24, 1.05)},
		},
		Controls: []gate.Control{
			{Row: gate.Row{Name: "BenchmarkSame", Pairs: pairs(24, 1)}},
			{Row: gate.Row{Name: "BenchmarkSame", Pairs: pairs(24, 1.1)}, Planted: 0.1},
		},
	}
	for _, i := range gate.Suspects(run, gate.Options{}) {
		row := &run.Rows[i]
		row.Second = pairs(gate.SecondPairs(len(row.Pairs)), 1.05) // measured again, in fresh processes
	}
	report := gate.Judge(run, gate.Options{})
	for _, row := range report.Rows {
		fmt.Println(row.Verdict, row.ID)
	}
	fmt.Println("exit", report.Exit())
	// Output:
	// REGRESSED BenchmarkSlow
	// UNCHANGED BenchmarkSame
	// exit 1
}

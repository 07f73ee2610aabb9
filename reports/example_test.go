package reports_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/semabench/semabench/reports"
)

// Two ways to encode, with six samples of each: the columns are the values of /impl.
func Example() {
	text := strings.NewReader(`goos: linux
BenchmarkEncode/impl=json-2 1000 1726 ns/op
BenchmarkEncode/impl=gob-2  1000 3069 ns/op
BenchmarkEncode/impl=json-2 1000 1723 ns/op
BenchmarkEncode/impl=gob-2  1000 3075 ns/op
BenchmarkEncode/impl=json-2 1000 1707 ns/op
BenchmarkEncode/impl=gob-2  1000 3064 ns/op
BenchmarkEncode/impl=json-2 1000 1729 ns/op
BenchmarkEncode/impl=gob-2  1000 3207 ns/op
BenchmarkEncode/impl=json-2 1000 1713 ns/op
BenchmarkEncode/impl=gob-2  1000 3062 ns/op
BenchmarkEncode/impl=json-2 1000 1774 ns/op
BenchmarkEncode/impl=gob-2  1000 3070 ns/op
`)
	log, err := reports.Read(reports.Input{Name: "bench.txt", Text: text})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := reports.Compare(log, reports.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := reports.WriteText(os.Stdout, c); err != nil {
		fmt.Println(err)
	}
	// Output:
	// goos: linux
	//          │    json     │                gob                 │
	//          │   sec/op    │   sec/op     vs base               │
	// Encode-2   1.725µ ± 3%   3.070µ ± 4%  +77.99% (p=0.002 n=6)
	//
	// Ratios to the first column; p and intervals are corrected together (Holm, tests of a unit in one table).
	//
	// sec/op    gob
	// Encode-2  1.780 [1.751, 1.826] p=0.002 different
	//
	// Differences are judged by p after Holm's correction for the tests of a unit in one table:
	// in each such family the chance of even one false difference is at most 5 %. A tie has an interval within 5 % of the best; everything else is undecided.
}

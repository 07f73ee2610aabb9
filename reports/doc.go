// Package reports compares Go benchmark results and writes the comparison as text, as Markdown
// with pictures, as one HTML page, and as a heat map on a terminal.
//
//	log, err := reports.Read(reports.Input{Name: "bench.txt"})
//	if err != nil {
//		return err
//	}
//	c, err := reports.Compare(log, reports.Options{})
//	if err != nil {
//		return err
//	}
//	return reports.WriteText(os.Stdout, c)
//
// # How to run it
//
// Any text in the Go benchmark format will do, one file or several:
//
//	go test -run='^$' -bench=. -count=10 > bench.txt
//
// Three steps, each usable alone. [Read] keeps every value with its line, every line that it could
// not read, and every line that says that the program failed. [Compare] puts results into tables, rows and columns with the
// projections of golang.org/x/perf/benchproc and judges them with golang.org/x/perf/benchmath, so
// its medians, intervals and p-values are those of benchstat. [WriteText], [WriteMarkdown],
// [WriteHTML], [Terminal] and [WriteDir] only draw; they compute nothing that a reader of
// [Comparison] could not see. An [HTML] shows tables from elsewhere beside what was measured.
//
// The pictures are SVG that follows the light or dark theme of its reader: a heat map of the ratios
// to the best of each row, the same ratios with their intervals, how the primary unit goes with each
// number in the names, and percentiles. A picture has the first rows of many, and says so.
//
// By default the columns are the values of /impl in the benchmark names if there are any, and the
// files otherwise. [Options] chooses another key. Results of different configuration (machine, Go
// version, commit, and so on) are never put into one sample, nor are results of different files:
// they make separate tables. To compare across such a key make it a column, as in
// Options{Col: ".file,commit"}; to pool files, concatenate them.
//
// One configuration key is bookkeeping and splits nothing: "planned-samples: 216" says how many
// benchmark lines the writer of the file meant to write. A file with fewer is partial, and every
// output says so.
//
// # What this does not show
//
// [Versus.P] is the p of benchstat and of one comparison alone. What is called a difference is
// judged by [Versus.Corrected]; the correction is for the tests of one unit in one table, or
// in all tables with [ByUnit], and not for the tables of other reports. Choosing the best of a
// row and then testing the others against it, as [Cell.VsBest] does, flatters the winner a little.
//
// The interval of a ratio, see [Ratio], supposes that one distribution is the other one moved on
// a logarithmic scale. If they differ in shape, it is one of the typical quotient and not
// of the quotient of medians.
//
// A tie is the absence of evidence, not evidence of equality: more samples may break it. Samples
// of one process are not independent, and a test cannot see a machine that was busy during one
// column only; interleave the columns when you measure.
//
// The ratios compare medians. Nothing here speaks about tails: a median can hide a rare
// slow operation.
package reports

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
// A benchmark line passes through three packages, and each can be used alone:
//
//  1. Package read: [Read] keeps every value with its line number, every line that it cannot
//     parse, and every line that reports a failure of the program.
//  2. Package compare: [Compare] puts the results into tables, rows and columns with the
//     projections of golang.org/x/perf/benchproc, and computes the statistics with
//     golang.org/x/perf/benchmath. Its medians, intervals and p-values equal the figures of benchstat.
//  3. Package draw: [WriteText], [WriteMarkdown], [WriteHTML], [Terminal] and [WriteDir] only
//     draw. They show nothing that a reader of [Comparison] could not compute. An [HTML] page
//     can also show tables from elsewhere.
//
// The types of this package are aliases for the types of those three packages, whose
// documentation describes the fields and methods. The three packages are public because go doc
// prints no page for an alias of a type in an internal package.
//
// # What the reports contain
//
// The pictures are SVG files that follow the light or dark theme of the viewer. They are a heat map of the ratios to
// the best of each row, the same ratios with their intervals, curves of the primary unit over each number in the
// names, and latency percentiles. A picture of a large
// comparison shows the first rows, and says so.
//
// The columns are the values of /impl in the benchmark names, or the files if no name has that
// key. [Options] chooses another key. Results of different configuration (machine, Go version,
// commit, and so on) are never put into one sample, and neither are results of different files:
// they make separate tables. To compare across such a key, make it a column, as in Options{Col:
// ".file,commit"}. To pool files, concatenate them.
//
// The primary unit of a table is sec/op, or the first unit of the text. "Unit sec/grant
// decides=yes" makes another unit the primary one of every table that has it.
//
// A text may declare properties of the columns, and the properties that a user needs:
//
//	Unit /impl require=no-burn,fifo
//	Unit /impl=spin no-burn=burns-a-core-for-each-waiter fifo=yes
//
// A report then answers for each kind of work which column to use. It recommends the best of the
// columns that meet all needs, and says how much faster the best of the others is. Options.Require
// and Options.Weight choose other needs. A text without such lines is compared without needs.
//
// One configuration key describes the file and splits no table. "planned-samples: 216" says how
// many benchmark lines the writer of the file intended to write. A file with fewer lines is
// partial, and every output says so.
//
// # What this does not show
//
// [Versus.P] is the p of benchstat, which holds for one comparison alone. The word “different”
// rests on [Versus.Corrected] instead. The correction covers the tests of one unit in one table, or
// in all tables with [ByUnit]. It does not cover the tests of other reports. The intervals beside
// the verdicts are corrected in the same way.
//
// [Cell.VsBest] tests every cell against the best of its row. The same samples decide which cell is
// the best, so the correction counts the tests of all pairs of cells. With 8 columns and 5 samples
// in a cell no rank test can then show anything, and the report says how many samples can.
//
// The verdict “tie” is evidence that two cells differ by 5 % at most. The verdict “undecided” is
// evidence of nothing. Package compare has a table of how often its verdicts are wrong. The table
// holds for independent samples. The samples of one process are not independent, and no test can
// see that the machine was busy during one column only. Interleave the columns when you measure.
//
// The interval of a [Ratio] assumes that one distribution is the other one, shifted on a
// logarithmic scale. If the two differ in shape, the interval holds the typical quotient of two
// values, and not the quotient of the medians. If one of the two has more than twice the spread of the
// other, the interval is made wide enough for that.
//
// The ratios compare medians. They say nothing about tails: a median can hide a rare slow
// operation.
package reports

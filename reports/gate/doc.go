// Package gate judges whether a change made benchmarks slower, so that a build may fail by it.
//
//	run, err := gate.Read("run.jsonl", file) // or measured just now
//	if err != nil {
//		return err
//	}
//	report := gate.Judge(run, gate.Options{})
//	gate.WriteText(os.Stdout, report)
//	os.Exit(report.Exit())
//
// # How it judges
//
// A [Run] holds pairs: two processes, one of each side, that took turns at the same benchmark. A
// pair gives one quotient new/old. Of the quotients of a row come the estimate of Hodges and
// Lehmann with its interval ([Estimate]) and the exact p of Wilcoxon's signed rank test.
//
// A row is REGRESSED if its ratio is over 1 + margin and p, corrected for all rows, is small
// enough. The margin is the greatest of what the user asks for, 3 %, and what the row differs by
// from itself. By default it takes two stages: rows that look slower in the first ([Suspects])
// are measured again with fresh processes, and those pairs alone decide. The chance of even one
// false REGRESSED in a run is at most [Options].FalseAlarm, 1 %, for any number of rows, because
// a row that did not change becomes a suspect with p <= 0.2 and then needs p <= 0.05/rows on new
// data. Nothing is ever measured a third time.
//
// A row is UNCHANGED only if its whole interval lies inside the margin. Everything in between is
// INCONCLUSIVE, with the slowdown that the run would have found. Exact metrics need no test: see
// [Counted]. A [Waiver] lets a row regress for a while. Every run carries controls, the old side
// against itself and with a slowdown planted, and is invalid unless they come out right.
//
// Two benchmark texts can be judged too ([FromTexts]), but what they say of time is advice.
//
// # What this does not show
//
// The test supposes that pairs are independent and that luck is as likely to favour either side.
// Pairs that share something, as a layout or a neighbour who is busy during one side only, break
// that; the margin and the control against itself are there for it, and neither is a proof.
//
// UNCHANGED and the intervals are not corrected: among 100 rows that are 3 % slower, 2 or 3 may
// have an interval that ends below. A ratio is of the typical operation; nothing here speaks of
// rare slow ones. And a promise on false alarms is not one on slowdowns: read what the run would
// have found.
package gate

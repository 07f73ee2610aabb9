// Package claims answers what textbooks say of threads and processes by what was measured.
//
//	log, err := reports.Read(reports.Input{Name: "parallel.txt"})
//	if err != nil {
//		return err
//	}
//	r, err := claims.Judge(log)
//	if err != nil {
//		return err
//	}
//	err = r.WriteHTML(file)
//
// The text is that of bench/parallel: rows named work=…/mode=…, a sample of each in every round.
//
// # How an answer comes about
//
// Every claim has a rule, written down with it, and nothing else decides. What is compared is paired: the
// ratio of two modes is taken within each round, and the estimate is the median of the rounds, with the
// interval of order statistics that holds it with 95 % or more. It supposes nothing of how
// times are distributed. Of fewer than six rounds there is no interval, and no decision.
//
// Where six rounds or more are undisturbed on both sides, only they count; else all do, and the answer
// says how many were disturbed.
//
// An answer is one of: holds; holds only when; does not hold in Go; not decided, where an interval leaves
// both sides open; not measurable, where this machine or this text has nothing to measure it by.
//
// # What this does not show
//
// Rules judge each claim for itself, at 95 %, uncorrected for how many claims there are. A figure is one
// of the works that were measured, on one machine.
package claims

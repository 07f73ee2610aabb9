// Package claims checks what textbooks say about threads and processes against measurements.
//
//	log, err := reports.Read(reports.Input{Name: "parallel.txt"})
//	if err != nil {
//		return err
//	}
//	r, err := claims.Evaluate(log)
//	if err != nil {
//		return err
//	}
//	err = r.WriteHTML(file)
//
// Package bench/parallel writes the text: rows named work=…/mode=…, with one sample of each row
// in every round.
//
// # How an answer comes about
//
// Every claim has a rule, which the report prints beside it, and nothing else decides.
// Comparisons are paired: the ratio of two modes is taken within each round, and the estimate is
// the median over the rounds. Its interval consists of order statistics and contains the true
// median with a probability of at least 95 %, whatever the distribution of the times. With fewer
// than six rounds there is no interval, and no decision.
//
// If at least six rounds are undisturbed on both sides, only these rounds count. Otherwise all
// rounds count, and the answer says how many of them were disturbed.
//
// An answer is one of: holds; holds only when; does not hold in Go; not decided, if an interval
// leaves both sides open; not measurable, if this machine or this text cannot show it.
//
// # What this does not show
//
// Each rule judges its claim alone at 95 %, uncorrected for the number of claims. Every figure
// comes from one machine and from the works that were measured; other works may behave
// differently.
package claims

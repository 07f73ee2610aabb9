package stress

import (
	"slices"

	"github.com/semabench/semabench/impls"
)

// JudgeOnly is Judge for some clauses.
func JudgeOnly(impl impls.Impl, ids ...string) (verdicts []Verdict) {
	j := newJudge(impl)
	for _, c := range clauses {
		if slices.Contains(ids, c.ID) {
			verdicts = append(verdicts, j.judge(c))
		}
	}
	return verdicts
}

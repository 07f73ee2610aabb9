package stress

import (
	"slices"
	"time"

	"github.com/semabench/semabench/impls"
)

// SetPatience sets how long nothing may move before a clause counts as hung.
func SetPatience(d time.Duration) { patience = d }

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

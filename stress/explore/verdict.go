package explore

import (
	"fmt"
	"strings"
)

// passed is the result if nothing was found.
func (p *plan) passed(names []string, interrupted bool) *Result {
	r := &Result{Verdict: "unknown", Bound: p.bound(interrupted)}
	open := p.open()
	switch {
	case r.Bound == "" && len(names) == 1:
		r.Verdict, r.Text = "pass", p.completeText()
	case r.Bound == "":
		r.Verdict, r.Text = "pass", fmt.Sprintf("complete: all %d schedules of %d scenarios (%d played)",
			p.classes(), len(names), p.total.Played)
	case r.Bound == "steps" && len(names) == 1:
		r.Text = fmt.Sprintf("%d of %d schedules came to no end within -explore.steps=%d",
			p.total.Endless, p.total.Played, p.options.Steps)
	case len(names) == 1:
		r.Text = fmt.Sprintf("%d schedules played and none failed, but not all were: %s",
			p.total.Played, p.boundText(r.Bound))
	case p.drawnOnly():
		r.Text = fmt.Sprintf("%d schedules of %d scenarios drawn and none failed: %s",
			p.total.Played, len(names), p.boundText(r.Bound))
	default:
		r.Text = fmt.Sprintf("%d schedules of %d scenarios played and none failed; %d scenarios are not complete: %s",
			p.total.Played, len(names), len(open), p.boundText(r.Bound))
		for _, i := range open {
			r.Text += fmt.Sprintf("\nnot complete: %s (%d schedules)", names[i], p.tallies[i].Played)
		}
	}
	return p.count(r)
}

// bound says which bound kept the exploration from being complete, "" if it is.
func (p *plan) bound(interrupted bool) string {
	switch {
	case interrupted:
		return "interrupted"
	case p.late:
		return "time"
	case len(p.open()) == 0:
		return ""
	case p.total.Endless > 0:
		return "steps"
	case p.total.Cut:
		return "preemptions"
	}
	return "schedules"
}

func (p *plan) boundText(bound string) string {
	switch bound {
	case "interrupted":
		return bound
	case "time":
		return fmt.Sprintf("-explore.time=%v", p.options.Time)
	case "steps":
		return fmt.Sprintf("-explore.steps=%d", p.options.Steps)
	case "preemptions":
		return fmt.Sprintf("-explore.preemptions=%d", p.options.preemptionBound())
	}
	return fmt.Sprintf("-explore.schedules=%d", p.options.Schedules)
}

// drawnOnly reports whether the strategy never comes to an end.
func (p *plan) drawnOnly() bool { return p.options.Strategy != "" && !isTree(p.options.Strategy) }

// open returns the programs of which schedules are left.
func (p *plan) open() (open []int) {
	for i, t := range p.tallies {
		if p.drawnOnly() || t.closed || t.parts > 0 || t.Endless > 0 || t.Cut || p.drawing != nil {
			open = append(open, i)
		}
	}
	return open
}

// classes counts the schedules of complete trees.
func (p *plan) classes() (n int) {
	if p.options.Strategy == "dfs" {
		return p.total.Played
	}
	return p.total.Classes
}

func (p *plan) completeText() string {
	if p.options.Strategy == "dfs" {
		return fmt.Sprintf("complete: all %d schedules", p.total.Played)
	}
	return fmt.Sprintf("complete: all %d schedules that differ in more than the order of independent "+
		"operations (%d played, %d given up half way)", p.total.Classes, p.total.Played, p.total.Pruned)
}

// count adds to a result what was played until then.
func (p *plan) count(r *Result) *Result {
	if p.found == nil {
		r.Schedules = p.total.Played
	} else {
		r.Schedules = p.found.Nth
	}
	r.Pruned, r.Pairs, r.Endless = p.total.Pruned, len(p.pairs), p.total.Endless
	r.Left, r.Skipped, r.Complete = p.total.Left, p.total.Skipped, r.Verdict == "pass"
	for pair := range p.pairs {
		a, b, _ := strings.Cut(pair, pairArrow)
		if a != b && p.pairs[b+pairArrow+a] {
			r.Reversed++
		}
	}
	if r.Verdict == "pass" || r.Verdict == "unknown" {
		r.Text += fmt.Sprintf("\n%d ordered pairs of dependent operations were seen, %d of them with their reverse",
			r.Pairs, r.Reversed)
	}
	return r
}

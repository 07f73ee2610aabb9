package claims

import (
	"fmt"
	"strings"
)

// A valueText is a value with its unit, and its interval in the same unit, "" if there is none.
// Value and interval are apart because the page sets the interval smaller, and the Markdown in
// brackets.
type valueText struct{ Value, Interval string }

// String returns "value (interval)".
func (c valueText) String() string {
	if c.Interval == "" {
		return c.Value
	}
	return c.Value + " (" + c.Interval + ")"
}

// cell formats e with read, which adds the unit. With fewer than minRounds rounds it shows the
// median without an interval, because that interval has no ends.
//
// “12 to 14 ms” reads better than “12 ms to 14 ms”, but only if both ends have the same unit:
// 900 µs to 1.1 ms keeps both.
func (e Estimate) cell(read func(float64) string) valueText {
	switch {
	case !e.measured():
		return valueText{Value: "–"}
	case e.Rounds < minRounds:
		return valueText{Value: read(e.At)}
	}
	lo, hi := read(e.Lo), read(e.Hi)
	if number, unit, ok := strings.Cut(lo, "\u00a0"); ok && strings.HasSuffix(hi, "\u00a0"+unit) {
		lo = number // the unit of the upper end serves both
	}
	return valueText{read(e.At), lo + " to " + hi}
}

// costRows returns the table of costs: its head, and a row for each cost. All renderings take it,
// so text, Markdown and page cannot differ. The speed-up is the ratio within rounds, and not the
// quotient of the two times beside it.
//
// The quotient of the medians would mix rounds. It can differ from the ratio by more than the
// interval if the machine slowed down during the run.
func (r *Report) costRows() (head []string, rows [][]valueText) {
	head = []string{
		"work", "mode", "workers", "time per task", "speed-up", "start-up", "user", "system",
		"cores busy", "peak memory", "switches: waited", "lost core", "samples",
	}
	for _, c := range r.Costs {
		m := r.data
		speed := valueText{Value: "1"}
		if c.Mode != serial {
			speed = ratio(
				m.findRow(c.Work, serial), m.findRow(c.Work, c.Mode), perTask,
			).cell(number)
		}
		// samples that were not retaken
		samples := valueText{Value: fmt.Sprint(c.Clean + c.Disturbed)}
		if c.Disturbed > 0 {
			samples.Interval = fmt.Sprintf("%d disturbed", c.Disturbed)
		}
		rows = append(
			rows,
			[]valueText{
				{Value: c.Work},
				{Value: c.Mode},
				{Value: c.Workers},
				c.PerTask.cell(duration),
				speed,
				c.Startup.cell(
					duration,
				),
				c.User.cell(duration),
				c.System.cell(duration),
				c.Busy.cell(number),
				c.Memory.cell(size),
				c.Waited.cell(number),
				c.Lost.cell(number),
				samples,
			},
		)
	}
	return head, rows
}

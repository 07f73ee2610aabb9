package claims

import (
	"fmt"
	"strings"
)

// A Cost is what a work took in a mode, medians over rounds.
type Cost struct {
	Work, Mode, Workers       string
	PerTask, Startup          Estimate // seconds
	User, System              Estimate // seconds for each task
	Busy                      Estimate // cores
	Waited, Lost              Estimate // context switches for each task: given up, taken away
	Memory                    Estimate // bytes
	Clean, Retaken, Disturbed int      // samples
}

// costs are of the works that have all modes; grain and hand are curves.
func (m *dataset) costs() (all []Cost) {
	for _, work := range []string{"hash", "compress", "http", "files"} {
		for _, mode := range modes {
			r := m.findRow(work, mode)
			if r == nil {
				continue
			}
			c := Cost{Work: work, Mode: mode, Workers: r.params["workers"], PerTask: medianOf(r, perTask),
				Startup: medianOf(r, startup), User: medianOf(r, userTime), System: medianOf(r, systemCPU), Busy: medianOf(r, busyCores),
				Waited: medianOf(r, switches), Lost: medianOf(r, lostCore), Memory: medianOf(r, peakBytes)}
			for _, s := range r.samples {
				switch s.state {
				case "retaken":
					c.Retaken++
				case "disturbed":
					c.Disturbed++
				default:
					c.Clean++
				}
			}
			all = append(all, c)
		}
	}
	return all
}

// A cell is a value and its interval, which takes the same unit.
type valueText struct{ Value, Interval string }

func (c valueText) String() string {
	if c.Interval == "" {
		return c.Value
	}
	return c.Value + " (" + c.Interval + ")"
}

func (e Estimate) cell(read func(float64) string) valueText {
	switch {
	case !e.measured():
		return valueText{Value: "–"}
	case e.Rounds < minRounds:
		return valueText{Value: read(e.At)}
	}
	lo, hi := read(e.Lo), read(e.Hi)
	if number, unit, ok := strings.Cut(lo, "\u00a0"); ok && strings.HasSuffix(hi, "\u00a0"+unit) {
		lo = number // the unit is said once
	}
	return valueText{read(e.At), lo + " to " + hi}
}

// costRows are the table of costs.
func (r *Report) costRows() (head []string, rows [][]valueText) {
	head = []string{"work", "mode", "workers", "time per task", "speed-up", "start-up", "user", "system", "cores busy",
		"peak memory", "switches: waited", "lost core", "samples"}
	for _, c := range r.Costs {
		m := r.data
		speed := valueText{Value: "1"}
		if c.Mode != serial {
			speed = ratio(m.findRow(c.Work, serial), m.findRow(c.Work, c.Mode), perTask).cell(number)
		}
		samples := valueText{Value: fmt.Sprint(c.Clean + c.Disturbed)} // those that stand
		if c.Disturbed > 0 {
			samples.Interval = fmt.Sprintf("%d disturbed", c.Disturbed)
		}
		rows = append(rows, []valueText{{Value: c.Work}, {Value: c.Mode}, {Value: c.Workers}, c.PerTask.cell(duration), speed,
			c.Startup.cell(duration), c.User.cell(duration), c.System.cell(duration), c.Busy.cell(number),
			c.Memory.cell(size), c.Waited.cell(number), c.Lost.cell(number), samples})
	}
	return head, rows
}

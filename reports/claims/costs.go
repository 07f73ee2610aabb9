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
func (m *measured) costs() (all []Cost) {
	for _, work := range []string{"hash", "compress", "http", "files"} {
		for _, mode := range modes {
			r := m.find(work, mode)
			if r == nil {
				continue
			}
			c := Cost{Work: work, Mode: mode, Workers: r.params["workers"], PerTask: of(r, perTask),
				Startup: of(r, startup), User: of(r, userTime), System: of(r, systemCPU), Busy: of(r, busyCores),
				Waited: of(r, switches), Lost: of(r, lostCore), Memory: of(r, peakBytes)}
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
type cell struct{ Value, Interval string }

func (c cell) String() string {
	if c.Interval == "" {
		return c.Value
	}
	return c.Value + " (" + c.Interval + ")"
}

func (e Estimate) cell(read func(float64) string) cell {
	switch {
	case !e.measured():
		return cell{Value: "–"}
	case e.Rounds < fewest:
		return cell{Value: read(e.At)}
	}
	lo, hi := read(e.Lo), read(e.Hi)
	if number, unit, ok := strings.Cut(lo, "\u00a0"); ok && strings.HasSuffix(hi, "\u00a0"+unit) {
		lo = number // the unit is said once
	}
	return cell{read(e.At), lo + " to " + hi}
}

// costRows are the table of costs.
func (r *Report) costRows() (head []string, rows [][]cell) {
	head = []string{"work", "mode", "workers", "time per task", "speed-up", "start-up", "user", "system", "cores busy",
		"peak memory", "switches: waited", "lost core", "samples"}
	for _, c := range r.Costs {
		m := r.measured
		speed := cell{Value: "1"}
		if c.Mode != serial {
			speed = ratio(m.find(c.Work, serial), m.find(c.Work, c.Mode), perTask).cell(number)
		}
		samples := cell{Value: fmt.Sprint(c.Clean + c.Disturbed)} // those that stand
		if c.Disturbed > 0 {
			samples.Interval = fmt.Sprintf("%d disturbed", c.Disturbed)
		}
		rows = append(rows, []cell{{Value: c.Work}, {Value: c.Mode}, {Value: c.Workers}, c.PerTask.cell(duration), speed,
			c.Startup.cell(duration), c.User.cell(duration), c.System.cell(duration), c.Busy.cell(number),
			c.Memory.cell(size), c.Waited.cell(number), c.Lost.cell(number), samples})
	}
	return head, rows
}

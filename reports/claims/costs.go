package claims

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

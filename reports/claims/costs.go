package claims

// A Cost is the cost of one work in one mode. Each estimate is a median over rounds. Retaken
// samples are counted and in no estimate.
//
// The estimates stand beside each other and do not compare across works: a task of http is not a
// task of hash.
type Cost struct {
	Work, Mode, Workers       string
	PerTask, Startup          Estimate // seconds
	User, System              Estimate // seconds per task
	Busy                      Estimate // cores
	Waited, Lost              Estimate // context switches per task: voluntary and involuntary
	Memory                    Estimate // bytes
	Clean, Retaken, Disturbed int      // numbers of samples
}

// costs returns the costs of the works that exist in all modes. The works grain and hand vary a
// size and are drawn as curves instead. The order is fixed, so the tables of two runs compare by
// eye. It reads the same rows as the claims, so the table shows what they rest on.
func (m *dataset) costs() (all []Cost) {
	for _, work := range []string{"hash", "compress", "http", "files"} {
		for _, mode := range modes {
			r := m.findRow(work, mode)
			if r == nil {
				continue
			}
			c := Cost{
				Work:    work,
				Mode:    mode,
				Workers: r.params["workers"],
				PerTask: medianOf(r, perTask),
				Startup: medianOf(
					r, startup,
				),
				User:   medianOf(r, userTime),
				System: medianOf(r, systemCPU),
				Busy:   medianOf(r, busyCores),
				Waited: medianOf(
					r, switches,
				),
				Lost:   medianOf(r, lostCore),
				Memory: medianOf(r, peakBytes),
			}
			for _, s := range r.samples {
				switch {
				case s.retaken():
					c.Retaken++
				case s.disturbed():
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

package schedrt

// unfair is how many steps others may take while a goroutine could move. Some programs come to no end
// without it: one that takes and gives back until another goroutine has done something is not stuck,
// and changes something in each round. Go's own scheduler is fairer.
const unfair = 2_000

// befair leaves only a goroutine in e.enabled that the schedule has passed over for too long, if there
// is one. It then goes on until it waits or has had as many steps. Where nobody is asked no schedule
// has a choice, so replays agree.
func (e *Exec) befair() {
	now := len(e.Trace.Steps)
	if now < unfair {
		return
	}
	if g := e.favoured; g != nil && (now-g.favour > unfair || g.class() != moves) {
		e.favoured = nil
	}
	for _, g := range e.gs {
		switch {
		case g == e.clock.g:
		case g.class() != moves:
			g.began = now
		case e.favoured == nil && now-g.began > unfair:
			g.favour = now
			e.favoured = g
		}
	}
	if e.favoured != nil {
		e.enabled = push(e.enabled[:0], e.favoured)
	}
}

package sched

// A goroutine that waits for a timer or a ticker over and over is meant to live on when the program has
// returned: the one that looks after a pool does, and the one that keeps a coarse clock. It is a
// daemon and no leak. A goroutine that waits for time once comes to its end, if time is given to it.
type daemons struct {
	left   int // the fewest goroutines and timers that there were since the program returned
	rounds int // how often only time could pass, since then
}

// afterlife is how many rounds are given to what is left for something of it to come to its end.
const afterlife = 16

// expects reports whether to let time pass once more, when nothing else can move and the program has
// returned. Nobody may be left but timers: what they do might have been done before.
func (e *Exec) expects() bool {
	left := len(e.clock.timers)
	for _, g := range e.gs {
		if g.state != dead && g != e.clock.g {
			left++
		}
	}
	d := &e.daemons
	if d.rounds == 0 || left < d.left {
		d.left, d.rounds = left, 0
	}
	d.rounds++
	return d.rounds <= afterlife
}

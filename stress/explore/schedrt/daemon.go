package schedrt

// A goroutine that waits for a timer or a ticker over and over is meant to live on when the program has
// returned: the one that looks after a pool does, and the one that keeps a coarse clock. It is a
// daemon and no leak. A goroutine that waits for time once comes to its end, if time is given to it.
type daemons struct {
	left   int // the fewest goroutines and timers that there were since the program returned
	rounds int // how often time passed since then
}

// afterlife is how often time passes for something of what is left to come to its end.
const afterlife = 16

// age looks after a program that has returned, before a step. Nobody may be left but timers: what
// they do might have been done before.
func (e *Exec) age() {
	left := len(e.clock.timers)
	for _, g := range e.gs {
		if g.state != dead && g != e.clock.g {
			left++
		}
	}
	if d := &e.daemons; d.left == 0 || left < d.left {
		*d = daemons{left: left}
	}
}

// stopped reports whether no more time passes.
func (d *daemons) stopped() bool { return d.rounds >= afterlife }

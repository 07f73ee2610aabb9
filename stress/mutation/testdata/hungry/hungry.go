// Package hungry is right. One of its mutants takes memory without end, and one never ends.
package hungry

import "sync"

// A Gate lets Fill end.
type Gate struct {
	mu   sync.Mutex
	stop *sync.Cond
	open bool
}

// New returns a closed gate.
func New() *Gate {
	g := &Gate{}
	g.stop = sync.NewCond(&g.mu)
	return g
}

// Open lets every Fill return.
func (g *Gate) Open() {
	g.mu.Lock()
	g.open = true
	g.stop.Broadcast()
	g.mu.Unlock()
}

// Fill waits for Open and counts its rounds. Without the Wait it takes memory until Open comes, and Open
// waits for the lock.
func (g *Gate) Fill() (n int) {
	var rounds [][]byte
	g.mu.Lock()
	for !g.open {
		rounds = append(rounds, make([]byte, 1<<20))
		clear(rounds[len(rounds)-1])
		g.stop.Wait()
	}
	g.mu.Unlock()
	return len(rounds)
}

// Await waits for Open. Without the Wait it loops for ever.
func (g *Gate) Await() {
	g.mu.Lock()
	for !g.open {
		g.stop.Wait()
	}
	g.mu.Unlock()
}

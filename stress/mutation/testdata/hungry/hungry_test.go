package hungry

import "testing"

func TestFill(t *testing.T) { both(t, func(g *Gate) { g.Fill() }) }

func TestAwait(t *testing.T) { both(t, func(g *Gate) { g.Await() }) }

func both(t *testing.T, wait func(*Gate)) {
	g, done := New(), make(chan bool)
	go func() {
		wait(g)
		close(done)
	}()
	g.Open()
	<-done
}

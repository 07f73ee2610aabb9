package explore_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
)

// A phaser is a barrier whose parties may leave.
type phaser struct {
	mu                 sync.Mutex
	done               chan struct{} // of the phase
	parties, unarrived int
}

// arrive ends the phase if the caller is the last party, and returns what its end closes.
func (p *phaser) arrive(leaves bool) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	done := p.done
	if leaves {
		p.parties--
	}
	if p.unarrived--; p.unarrived == 0 {
		close(done)
		p.done, p.unarrived = make(chan struct{}), p.parties
	}
	return done
}

// A seqlock gives readers both words of one write. Wrong is a reader that does not look at the sequence
// again.
type seqlock struct {
	mu        sync.Mutex
	seq, a, b atomic.Int64
	wrong     bool
}

func (s *seqlock) write(v int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq.Add(1)
	s.a.Store(v)
	s.b.Store(v)
	s.seq.Add(1)
}

func (s *seqlock) read() (a, b int64) {
	for {
		n := s.seq.Load()
		a, b = s.a.Load(), s.b.Load()
		if n%2 == 0 && (s.wrong || s.seq.Load() == n) {
			return a, b
		}
	}
}

// readOnce reads beside a writer.
func readOnce(t *explore.T, s *seqlock) {
	var wg sync.WaitGroup
	wg.Go(func() { s.write(1) })
	if a, b := s.read(); a != b {
		t.Errorf("torn: %d, %d", a, b)
	}
	wg.Wait()
}

// strangers are pairs as in code that this suite has not seen.
var strangers = map[string]pair{
	"phaser whose parties leave": {func(t *explore.T) {
		p := &phaser{done: make(chan struct{}), parties: 2, unarrived: 2}
		var phases atomic.Int32
		var wg sync.WaitGroup
		wg.Go(func() {
			phases.Add(1)
			<-p.arrive(false)
			phases.Add(1)
			p.arrive(true)
		})
		<-p.arrive(true)
		if phases.Load() < 1 {
			t.Error("too early")
		}
		wg.Wait()
	}, "deadlock", func(t *explore.T) {
		// The second party leaves without an arrival, so the phase never ends.
		p := &phaser{done: make(chan struct{}), parties: 2, unarrived: 2}
		var late atomic.Bool
		go func() {
			if late.Load() {
				p.mu.Lock()
				p.parties--
				p.mu.Unlock()
				return
			}
			p.arrive(true)
		}()
		late.Store(true)
		<-p.arrive(true)
	}},
	"seqlock": {func(t *explore.T) { readOnce(t, &seqlock{}) }, "torn", func(t *explore.T) {
		readOnce(t, &seqlock{wrong: true})
	}},
	"callback of a context and its stop": {func(t *explore.T) {
		var mu sync.Mutex
		ctx, cancel := context.WithCancel(context.Background())
		idle := make(chan struct{})
		stop := context.AfterFunc(ctx, func() { mu.Lock(); close(idle); mu.Unlock() })
		go cancel()
		mu.Lock()
		stopped := stop()
		mu.Unlock()
		if !stopped {
			<-idle
		}
	}, "deadlock", func(t *explore.T) {
		// The caller waits for the callback with the lock that the callback needs.
		var mu sync.Mutex
		ctx, cancel := context.WithCancel(context.Background())
		idle := make(chan struct{})
		stop := context.AfterFunc(ctx, func() { mu.Lock(); close(idle); mu.Unlock() })
		go cancel()
		mu.Lock()
		defer mu.Unlock()
		if !stop() {
			<-idle
		}
	}},
	"unsubscribe while a value is on its way": {func(t *explore.T) {
		ch, quit := make(chan int), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			select {
			case ch <- 1:
			case <-quit:
			}
		})
		select {
		case <-ch:
		case <-time.After(time.Second):
		}
		close(quit)
		wg.Wait()
	}, "send on closed channel", func(t *explore.T) {
		// The subscriber closes the channel of the publisher.
		var mu sync.Mutex
		subs := map[int]chan int{1: make(chan int, 1)}
		var wg sync.WaitGroup
		wg.Go(func() {
			mu.Lock()
			all := slices.Collect(maps.Values(subs))
			mu.Unlock()
			for _, c := range all {
				c <- 1
			}
		})
		mu.Lock()
		c := subs[1]
		delete(subs, 1)
		mu.Unlock()
		close(c)
		wg.Wait()
	}},
	"callback of a timer after Stop": {func(t *explore.T) {
		var mu sync.Mutex
		open := make(chan int, 1)
		tm := time.AfterFunc(time.Second, func() {
			mu.Lock()
			defer mu.Unlock()
			if open != nil { // Stop does not wait for the callback
				open <- 1
			}
		})
		time.Sleep(time.Second)
		tm.Stop()
		mu.Lock()
		close(open)
		open = nil
		mu.Unlock()
	}, "after close", func(t *explore.T) {
		var closed atomic.Bool
		tm := time.AfterFunc(time.Second, func() {
			if closed.Load() {
				t.Error("after close")
			}
		})
		time.Sleep(time.Second)
		tm.Stop()
		closed.Store(true)
	}},
}

func TestStrangers(t *testing.T) {
	for name, p := range strangers {
		t.Run(name, func(t *testing.T) { p.play(t, []string{""}, []int{1}) })
	}
}

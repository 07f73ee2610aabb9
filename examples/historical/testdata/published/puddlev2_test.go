package published

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/jackc/puddle/v2"

	"github.com/semabench/semabench/stress/explore"
)

// Close returns while CreateResource constructs a resource, and before that resource is destroyed.
func TestPuddled344a18(t *testing.T) {
	play(t, explore.Options{}, func(t *explore.T) {
		var live atomic.Int32
		pool, _ := puddle.NewPool(&puddle.Config[int]{
			Constructor: func(context.Context) (int, error) { live.Add(1); return 1, nil },
			Destructor:  func(int) { live.Add(-1) },
			MaxSize:     1,
		})
		done := make(chan struct{})
		go func() {
			_ = pool.CreateResource(context.Background())
			close(done)
		}()
		pool.Close()
		if n := live.Load(); n != 0 {
			t.Errorf("%d resource lives after Close has returned", n)
		}
		<-done
	})
}

// CreateResource makes a resource in a pool that is full.
func TestPuddle8101c0d(t *testing.T) {
	play(t, explore.Options{}, func(t *explore.T) {
		pool, _ := puddle.NewPool(&puddle.Config[int]{
			Constructor: func(context.Context) (int, error) { return 1, nil },
			Destructor:  func(int) {},
			MaxSize:     1,
		})
		done := make(chan struct{})
		go func() {
			_ = pool.CreateResource(context.Background())
			close(done)
		}()
		r, err := pool.Acquire(context.Background())
		<-done
		if n := pool.Stat().TotalResources(); n > 1 {
			t.Errorf("%d resources in a pool of 1", n)
		}
		if err == nil {
			r.Release()
		}
		pool.Close()
	})
}

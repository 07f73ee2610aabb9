package published

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/jackc/puddle"

	"github.com/semabench/semabench/stress/explore"
)

// The pool is closed while CreateResource constructs a resource: it returns with the lock held.
func TestPuddle8(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		pool := puddle.NewPool(
			func(context.Context) (any, error) { return 1, nil }, func(any) {}, 1)
		done := make(chan struct{})
		go func() {
			_ = pool.CreateResource(context.Background())
			close(done)
		}()
		pool.Close()
		<-done
		pool.Stat()
	})
}

// Two calls of Acquire share a pool of one. The constructor fails, and the second call is not woken.
func TestPuddle513cb84(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		var calls atomic.Int32
		pool := puddle.NewPool(func(context.Context) (any, error) {
			if calls.Add(1) == 1 {
				return nil, errors.New("the first construction fails")
			}
			return 1, nil
		}, func(any) {}, 1)
		acquire := func() {
			if r, err := pool.Acquire(context.Background()); err == nil {
				r.Release()
			}
		}
		done := make(chan struct{})
		go func() {
			acquire()
			close(done)
		}()
		acquire()
		<-done
		pool.Close()
	})
}

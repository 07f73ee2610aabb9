// Package try repeats requests to a server whose answers get lost. The engines share it.
//
// A request without an answer may have run, or may run later. So the functions of this package fit
// only requests that do no harm if they run twice or late; each engine says how its requests
// achieve that.
package try

import (
	"context"
	"sync"
	"time"
)

// Grace returns a context that ends the given time after ctx, or with owner: a request on the way when
// ctx ends still gets its answer, and then nothing is left for the background. The caller must call end,
// which leaves no timer behind: a storm of cancelled waits would otherwise keep one each.
func Grace(ctx, owner context.Context, grace time.Duration) (op context.Context, end func()) {
	// WithoutCancel keeps the values of ctx, such as a trace ID or credentials, and drops its end.
	op, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stopOwner := context.AfterFunc(owner, cancel)
	var mu sync.Mutex
	var timer *time.Timer
	ended := false
	stop := context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		if !ended { // this function may run after end: stop does not wait for it
			timer = time.AfterFunc(grace, cancel)
		}
	})
	return op, func() {
		stop()
		stopOwner()
		mu.Lock()
		defer mu.Unlock()
		ended = true // under mu: no timer is started from here on, and a timer started before is in timer
		if timer != nil {
			timer.Stop()
		}
		cancel()
	}
}

// Persist repeats f until it succeeds, is refused for good, or ctx is done. Then it returns the last
// error of f. The pause grows to a quarter of a second, so that a thousand waiters do not flood a server
// that has just come back.
func Persist(ctx context.Context, refused func(error) bool, f func() error) error {
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		err := f()
		if err == nil || refused(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// Later repeats f in the background until it succeeds or owner, the context of the session, ends. What
// f wants to remove ends with the session in any case.
func Later(owner context.Context, refused func(error) bool, f func(ctx context.Context) error) {
	go func() {
		for owner.Err() == nil {
			if Persist(owner, refused, func() error { return f(owner) }) == nil {
				return
			}
			select { // refused: the database may be full for a while
			case <-owner.Done():
			case <-time.After(time.Second):
			}
		}
	}()
}

package suture_test

import (
	"context"
	"testing"
	"time"

	"github.com/thejerf/suture/v4"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// RemoveAndWait gives up before the service has stopped.
func TestSutureLeavesAGoroutine(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		s := suture.New("s", suture.Spec{EventHook: func(suture.Event) {}, Timeout: time.Minute})
		token := s.Add(slow(2 * time.Second))
		ctx, cancel := context.WithCancel(context.Background())
		ended := s.ServeBackground(ctx)
		if err := s.RemoveAndWait(token, time.Second); err != suture.ErrTimeout {
			t.Errorf("RemoveAndWait: %v", err)
		}
		time.Sleep(time.Minute) // the service has stopped long ago
		cancel()
		<-ended
	}, "supervisor.go:588")
}

// slow is a service that stops so long after it was told to.
type slow time.Duration

func (s slow) Serve(ctx context.Context) error {
	<-ctx.Done()
	time.Sleep(time.Duration(s))
	return ctx.Err()
}

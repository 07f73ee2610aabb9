package published

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/neilotoole/errgroup"

	"github.com/semabench/semabench/stress/explore"
)

// A worker ends because its task fails, and is counted for ever: no other worker starts.
func TestErrgroup10(t *testing.T) {
	play(t, explore.Options{LazyClock: true}, func(*explore.T) {
		group, _ := errgroup.WithContextN(context.Background(), 1, 1)
		group.Go(func() error { return errors.New("a task that fails") })
		time.Sleep(time.Second) // the worker has ended: time passes when nothing else can move
		for range 2 {
			group.Go(func() error { return nil })
		}
		_ = group.Wait()
	})
}

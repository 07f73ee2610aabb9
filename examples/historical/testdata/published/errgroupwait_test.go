package published

import (
	"context"
	"testing"

	"github.com/neilotoole/errgroup"

	"github.com/semabench/semabench/stress/explore"
)

// A task adds a task while Wait waits with the lock held. golang.org/x/sync/errgroup, which this
// package promises to replace, allows this.
func TestErrgroup6(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		group, _ := errgroup.WithContext(context.Background())
		group.Go(func() error {
			group.Go(func() error { return nil })
			return nil
		})
		_ = group.Wait()
	})
}

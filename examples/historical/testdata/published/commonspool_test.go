package published

import (
	"context"
	"testing"
	"time"

	pool "github.com/jolestar/go-commons-pool/v2"

	"github.com/semabench/semabench/stress/explore"
)

// Close waits for the evictor with the lock held that the evictor takes to see if the pool is closed.
func TestCommonsPool57(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		factory := pool.NewPooledObjectFactorySimple(
			func(context.Context) (any, error) { return new(int), nil })
		config := pool.NewDefaultPoolConfig()
		config.MinIdle = 1
		config.TimeBetweenEvictionRuns = time.Second
		p := pool.NewObjectPool(context.Background(), factory, config)
		p.Close(context.Background())
	})
}

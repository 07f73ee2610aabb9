package redis_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/redis"
)

// A process holds two of three permits. The output is not compared: a machine may have no redis-server.
func Example() {
	server, err := redis.Local("") // production: redis.Dial
	if errors.Is(err, redis.ErrNoServer) {
		return
	}
	if err == nil {
		defer server.Close()
		err = hold(server)
	}
	fmt.Println(err)
}

func hold(server *redis.Server) error {
	ctx := context.Background()
	engine, err := server.Engine()
	if err != nil {
		return err
	}
	defer engine.Close()
	s, err := cluster.Open(ctx, engine, "transcoders", 3, cluster.Options{TTL: 10 * time.Second})
	if err != nil {
		return err
	}
	defer s.Close(ctx)
	lease, err := s.Acquire(ctx, 2)
	if err != nil {
		return err
	}
	fmt.Println("fences", lease.Fences())
	return lease.Release(ctx)
}

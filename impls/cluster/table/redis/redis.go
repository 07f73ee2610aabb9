// Package redis has a table with the semaphore in Redis, for the flag -impl of semabench; see package table.
package redis

import (
	"os"
	"sync"

	goredis "github.com/redis/go-redis/v9"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/redis"
	"github.com/semabench/semabench/impls/cluster/table"
)

// address names a server. Without it, the program redis-server is started, and ends with the process.
const address = "SEMABENCH_REDIS"

// engine connects once for all semaphores of the process. The engine is never closed: the table
// cannot know which semaphore is the last one, and the connections end with the process.
var engine = sync.OnceValues(func() (cluster.Engine, error) {
	if a := os.Getenv(address); a != "" {
		return redis.Dial(goredis.Options{Addr: a})
	}
	server, err := redis.Local("")
	if err != nil {
		return nil, err
	}
	return server.Engine()
})

// All returns the one row.
func All() []impls.Impl {
	return []impls.Impl{table.Row("redis", "package impls/cluster/redis", redis.MaxSize, engine)}
}

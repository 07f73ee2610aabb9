// Package table makes rows for the tables of implementations that the flag -impl of semabench takes. In the
// folder impls/cluster of a clone:
//
//	semabench stress -impl ./table/etcd.All -time 1m
//	semabench run -impl ./table/redis.All,./table/etcd.All -quick -workload uncontended
//	semabench policies -impl ./table/etcd.All
//
// A row is a table and no plain constructor, because it has to declare its policies: a waiter waits at a
// server, so package stress must not judge it in a bubble of time.
package table

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/cluster"
)

// ttl is long enough for a process that a busy machine lets wait for half a minute. A process that is
// killed blocks nothing by it, as each semaphore has a name of its own.
const ttl = time.Minute

// Row returns the row of an engine. The engine is asked for when the first semaphore is made: a verb that
// only reads the policies starts no server.
func Row(name, doc string, maxSize int64, engine func() (cluster.Engine, error)) impls.Impl {
	return impls.Impl{
		Name: name,
		Doc:  doc,
		New: func(size int64) impls.Semaphore {
			e, err := engine()
			if err != nil {
				panic(err) // a constructor has no other way
			}
			// A random name: a server that outlives this process may have served others.
			s, err := cluster.Open(context.Background(), e, "table-"+rand.Text(), size, cluster.Options{TTL: ttl})
			if err != nil {
				panic(err)
			}
			return cluster.AsSemaphore(s)
		},
		MaxSize:    maxSize,
		Order:      impls.FIFO,
		ZeroWeight: impls.ZeroPanics,
		Waits:      impls.Elsewhere,
	}
}

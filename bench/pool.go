package bench

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/semabench/semabench/impls"
)

// connectionPool is a bounded pool of connections, built like the pool of database/sql: requests
// with deadlines, a list of idle connections behind a mutex, and permit holders that wait for an
// answer. One request in eight is a transaction and keeps its connection for four queries.
var connectionPool = Workload{
	Name:    "pool",
	Doc:     "a pool of connections; one request in eight makes four queries",
	Refuses: true, // after 5 s, which a request reaches only if others are always served first
	Shapes:  []Shape{{Permits: 16, Goroutines: 64, Latency: 500 * time.Microsecond}},
	More: []Shape{{Permits: 4, Goroutines: 64, Latency: 500 * time.Microsecond},
		{Permits: 16, Goroutines: 1024, Latency: 500 * time.Microsecond}},
	Run: func(t *Trial) error {
		idle := &idleConnections{free: make([]*connection, t.Permits)}
		for i := range idle.free {
			idle.free[i] = new(connection)
		}
		return t.Parallel(func(w *Worker) error {
			// The start differs between goroutines, so that transactions do not all come at once.
			for i := w.ID; w.Next(); i++ {
				queries := 1
				if i%8 == 0 {
					queries = 4
				}
				if err := request(w.Sem, idle, queries, t.Latency); err != nil {
					return err
				}
			}
			return nil
		})
	},
	Counted: 128,
}

// A connection serves one request at a time. It has no lock, on purpose: under -race, two requests
// on one connection are a data race.
type connection struct{ queries int }

func (c *connection) query(latency time.Duration) {
	c.queries++
	time.Sleep(latency) // the time that the database takes
}

// idleConnections are the connections that no request uses. The semaphore guarantees that get
// finds one; the mutex guards the list itself.
type idleConnections struct {
	mu   sync.Mutex
	free []*connection
}

func (c *idleConnections) get() (*connection, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.free) == 0 {
		return nil, errors.New("a permit of the pool was granted, but no connection is free")
	}
	last := len(c.free) - 1
	conn := c.free[last]
	c.free = c.free[:last]
	return conn, nil
}

func (c *idleConnections) put(conn *connection) {
	c.mu.Lock()
	c.free = append(c.free, conn)
	c.mu.Unlock()
}

// request makes queries on one connection. A request that times out is not an error of the trial:
// its permit was refused, and grants/try shows it.
func request(sem impls.Semaphore, idle *idleConnections, queries int, latency time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := sem.Acquire(ctx, 1); err != nil {
		if errors.Is(err, ctx.Err()) {
			return nil
		}
		return err
	}
	defer sem.Release(1)
	conn, err := idle.get()
	if err != nil {
		return err
	}
	for range queries {
		conn.query(latency)
	}
	idle.put(conn)
	return nil
}

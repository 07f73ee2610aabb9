package bench

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bsm/redislock"
	"github.com/go-redsync/redsync/v4"
	redsyncredis "github.com/go-redsync/redsync/v4/redis/goredis/v9"
	goredis "github.com/redis/go-redis/v9"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/etcd"
	"github.com/semabench/semabench/impls/cluster/redis"
)

const ttl = time.Minute

var (
	etcdClient  *clientv3.Client
	redisClient *goredis.Client // nil without redis-server
	engines     = map[string]cluster.Engine{}
	names       atomic.Int64
)

func TestMain(m *testing.M) {
	code := 1
	if err := run(m, &code); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func run(m *testing.M, code *int) error {
	e, err := etcd.Embedded("")
	if err != nil {
		return err
	}
	defer e.Close()
	if etcdClient, err = clientv3.New(clientv3.Config{Endpoints: e.Endpoints()}); err != nil {
		return err
	}
	engines["etcd"] = etcd.New(etcdClient)
	if r, err := redis.Local(""); err == nil {
		defer r.Close()
		redisClient = goredis.NewClient(&goredis.Options{Addr: r.Address()})
		if engines["redis"], err = r.Engine(); err != nil {
			return err
		}
	} else if err != redis.ErrNoServer {
		return err
	}
	*code = m.Run()
	return nil
}

// A lock takes and gives one permit, as one of several processes. Each call of a locker's result is for
// one goroutine.
type lock struct {
	take, give func(ctx context.Context) error
}

// locker returns a participant in the lock with the given name.
type locker func(b *testing.B, name string) lock

var lockers = map[string]locker{
	"etcd":              session("etcd"),
	"redis":             session("redis"),
	"concurrency.Mutex": mutex,
	"redsync":           redsyncLock,
	"redislock":         redislockLock,
}

// order is the order of the rows.
var order = []string{"etcd", "concurrency.Mutex", "redis", "redsync", "redislock"}

func needRedis(b *testing.B) {
	if redisClient == nil {
		b.Skip(redis.ErrNoServer)
	}
}

func session(engine string) locker {
	return func(b *testing.B, name string) lock {
		if engine == "redis" {
			needRedis(b)
		}
		s, err := cluster.Open(b.Context(), engines[engine], name, 1, cluster.Options{TTL: ttl})
		must(b, err)
		b.Cleanup(func() { _ = s.Close(context.Background()) })
		var held *cluster.Lease
		return lock{
			take: func(ctx context.Context) (err error) { held, err = s.Acquire(ctx, 1); return err },
			give: func(ctx context.Context) error { return held.Release(ctx) },
		}
	}
}

func mutex(b *testing.B, name string) lock {
	s, err := concurrency.NewSession(etcdClient, concurrency.WithTTL(int(ttl/time.Second)))
	must(b, err)
	b.Cleanup(func() { _ = s.Close() })
	m := concurrency.NewMutex(s, "/rival/"+name)
	return lock{take: m.Lock, give: m.Unlock}
}

// The two rivals on Redis have no queue: a waiter asks again after a pause. 1 ms is far below their usual
// pauses, so their waits look better here than they are by default.
const rivalPause = time.Millisecond

func redsyncLock(b *testing.B, name string) lock {
	needRedis(b)
	m := redsync.New(redsyncredis.NewPool(redisClient)).NewMutex("rival:"+name, redsync.WithExpiry(ttl),
		redsync.WithTries(1<<30), redsync.WithRetryDelay(rivalPause))
	return lock{take: m.LockContext, give: func(ctx context.Context) error { _, err := m.UnlockContext(ctx); return err }}
}

func redislockLock(b *testing.B, name string) lock {
	needRedis(b)
	c := redislock.New(redisClient)
	var held *redislock.Lock
	return lock{
		take: func(ctx context.Context) (err error) {
			held, err = c.Obtain(ctx, "rival2:"+name, ttl,
				&redislock.Options{RetryStrategy: redislock.LinearBackoff(rivalPause)})
			return err
		},
		give: func(ctx context.Context) error { return held.Release(ctx) },
	}
}

func must(b testing.TB, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSemaphore takes and gives one permit. With more than one participant they wait for one another, so
// an operation is a hand-off.
func BenchmarkSemaphore(b *testing.B) {
	for _, w := range []struct {
		workload     string
		participants int
	}{{"uncontended", 1}, {"handoff", 2}, {"waiters", 100}} {
		for _, impl := range order {
			b.Run(fmt.Sprintf("workload=%s/impl=%s", w.workload, impl), func(b *testing.B) {
				takeAndGive(b, lockers[impl], w.participants)
			})
		}
	}
}

func takeAndGive(b *testing.B, l locker, participants int) {
	name := fmt.Sprintf("bench-%d", names.Add(1))
	var all []lock
	for range participants {
		all = append(all, l(b, name))
	}
	done := make(chan error)
	var left atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	left.Store(int64(b.N))
	for _, p := range all {
		go func() {
			ctx := context.Background()
			for left.Add(-1) >= 0 {
				if err := p.take(ctx); err != nil {
					done <- err
					return
				}
				if err := p.give(ctx); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range all {
		must(b, <-done)
	}
}

// BenchmarkFloor is one write of the engine: no semaphore can take a permit in less, and a take with a
// give has two.
func BenchmarkFloor(b *testing.B) {
	b.Run("impl=etcd", func(b *testing.B) {
		for b.Loop() {
			_, err := etcdClient.Txn(b.Context()).Then(clientv3.OpPut("floor", "v1 0")).Commit()
			must(b, err)
		}
	})
	b.Run("impl=redis", func(b *testing.B) {
		needRedis(b)
		script := goredis.NewScript("return redis.call('SET', KEYS[1], ARGV[1])")
		for b.Loop() {
			must(b, script.Run(b.Context(), redisClient, []string{"floor"}, "v1 0").Err())
		}
	})
}

// BenchmarkWatch is the time from a write to the event at a waiter that watches, or hears a channel.
func BenchmarkWatch(b *testing.B) {
	b.Run("impl=etcd", func(b *testing.B) {
		events := etcdClient.Watch(b.Context(), "watched", clientv3.WithCreatedNotify())
		<-events
		for b.Loop() {
			_, err := etcdClient.Put(b.Context(), "watched", "")
			must(b, err)
			<-events
		}
	})
	b.Run("impl=redis", func(b *testing.B) {
		needRedis(b)
		s := redisClient.Subscribe(b.Context(), "watched")
		defer s.Close()
		_, err := s.Receive(b.Context())
		must(b, err)
		messages := s.Channel()
		for b.Loop() {
			must(b, redisClient.Publish(b.Context(), "watched", "").Err())
			<-messages
		}
	})
}

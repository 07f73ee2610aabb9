package etcd

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/impls/cluster"
)

// server is shared by the tests of this package; each test has names of its own.
var server *Server

// children has what processes of tests do, by the environment variable with their arguments.
var children = map[string]func(arguments string) error{
	holderVariable: hold,
	workVariable:   workForever,
}

// child runs this test binary as a process of a test, if it was started as one.
func child() {
	ServeNode()
	for variable, run := range children {
		if arguments := os.Getenv(variable); arguments != "" {
			if err := run(arguments); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
}

func TestMain(m *testing.M) {
	child()
	flag.Parse()
	err := leaveOut()
	if err == nil {
		server, err = Embedded("")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = server.Close()
	os.Exit(code)
}

var names atomic.Int64

func newName(t testing.TB) string { return fmt.Sprintf("%s-%d", t.Name(), names.Add(1)) }

// newEngine returns an engine on the shared server.
func newEngine(t testing.TB) *Engine {
	t.Helper()
	e, err := server.Engine()
	must(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func open(t testing.TB, e *Engine, name string, size int64, ttl time.Duration) *cluster.Session {
	t.Helper()
	s, err := cluster.Open(t.Context(), e, name, size, cluster.Options{TTL: ttl})
	must(t, err)
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

func acquire(t testing.TB, s *cluster.Session, n int64) *cluster.Lease {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	l, err := s.Acquire(ctx, n)
	must(t, err)
	return l
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

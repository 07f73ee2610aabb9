package redis

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/semabench/semabench/impls/cluster/internal/trial"
	"github.com/semabench/semabench/internal/longtest"
)

// server is shared by the tests of this package; each test has names of its own. It is nil on a machine
// without redis-server.
var server *Server

// The helpers that the tests of all engines share.
var (
	newName    = trial.NewName
	open       = trial.Open
	acquire    = trial.Acquire
	waitersAre = trial.WaitersAre
	wantError  = trial.WantError
	must       = trial.Must
)

func TestMain(m *testing.M) {
	flag.Parse()
	goredis.SetLogger(silent{}) // the tests have failures by the dozen
	err := trial.LeaveOut()
	if err == nil {
		server, err = Local("")
		if errors.Is(err, ErrNoServer) {
			err = nil
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if server != nil {
		_ = server.Close()
	}
	os.Exit(code)
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// needServer skips the test without redis-server. In CI it fails: there every tool must be installed.
func needServer(t testing.TB) {
	t.Helper()
	switch {
	case server != nil:
	case os.Getenv("CI") != "":
		t.Fatal(ErrNoServer)
	default:
		t.Skip(ErrNoServer)
	}
}

// newEngine returns an engine on the shared server.
func newEngine(t testing.TB) *Engine {
	t.Helper()
	needServer(t)
	e, err := server.Engine()
	must(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// ownServer returns a server that the test may stop, and an engine on it.
func ownServer(t *testing.T) (*Server, *Engine) {
	t.Helper()
	needServer(t)
	s, err := Local("")
	must(t, err)
	t.Cleanup(func() { s.Close() })
	e, err := s.Engine()
	must(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return s, e
}

// client returns a client of the shared server, with which a test does what a person may do.
func client(t testing.TB, s *Server) *goredis.Client {
	t.Helper()
	c := goredis.NewClient(&goredis.Options{Addr: s.Address()})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// The pool of connections is full before the contract begins. C31 counts the objects that calls of Acquire
// leave, and a connection that a call opens stays for later calls: on a busy machine, calls overlap and
// open several.
func TestContract(t *testing.T) {
	longtest.Need(t, trial.ContractCovered)
	e := newEngine(t)
	conns := make([]*goredis.Conn, e.client.Options().PoolSize)
	for i := range conns {
		conns[i] = e.client.Conn()
		must(t, conns[i].Ping(t.Context()).Err())
	}
	for _, c := range conns {
		must(t, c.Close())
	}
	trial.Contract(t, "redis", e, MaxSize)
}

func TestCommon(t *testing.T) { trial.Common(t, newEngine(t), MaxSize) }

package etcd

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/semabench/semabench/impls/cluster/internal/trial"
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
	err := trial.LeaveOut()
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

// The helpers that the tests of all engines share.
var (
	newName    = trial.NewName
	open       = trial.Open
	acquire    = trial.Acquire
	waitersAre = trial.WaitersAre
	wantError  = trial.WantError
	must       = trial.Must
)

// newEngine returns an engine on the shared server.
func newEngine(t testing.TB) *Engine {
	t.Helper()
	e, err := server.Engine()
	must(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

package explore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/stress/explore/internal/rewrite"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// built is the instrumented test binary of this package, for all explorations of this process. The
// binary stays in use until the process ends, so it is never closed.
var built struct {
	sync.Once
	binary *rewrite.Binary
	err    error
}

// cacheName is the name of the folder in which instrumented copies and binaries are kept.
const cacheName = "semabench-explore"

// builtTest builds the instrumented test binary of this package, once. The build belongs to no single
// test, so its context is not the one of t. It ends in time for go test -timeout, which is one
// deadline for all tests of the process.
func builtTest(t *testing.T) (*rewrite.Binary, error) {
	built.Do(func() {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		left := time.Duration(0)
		if deadline, ok := t.Deadline(); ok {
			left = time.Until(deadline)
			// The go command may take some seconds to remove its files.
			ctx, cancel = context.WithDeadline(ctx, deadline.Add(-min(left/4, 8*time.Second)))
			defer cancel()
		}
		cache, err := gotool.CacheFolder(cacheName)
		if err != nil {
			built.err = err
			return
		}
		built.binary, built.err = buildUntilSignal(ctx, rewrite.Options{
			Dir: ".", Cache: cache, Race: schedrt.RaceEnabled, Tags: buildTags(),
		})
		if errors.Is(built.err, context.DeadlineExceeded) {
			built.err = errors.New(notBuilt(left))
		}
	})
	return built.binary, built.err
}

// notBuilt says what helps if a build did not end in the time that was left for it. A second call finds in the cache
// what the first one compiled, and a longer timeout needs no second call.
func notBuilt(left time.Duration) string {
	longer := max(20*time.Minute, (3 * left).Round(time.Minute))
	return fmt.Sprintf("the instrumented test was not built in the %v that go test -timeout leaves: run it once more, "+
		"with a longer one, such as go test -timeout %dm. The first build compiles all packages once more; a later one "+
		"takes a second", left.Round(time.Millisecond), int(longer.Minutes()))
}

// buildUntilSignal is rewrite.Build, interrupted by a signal that ends this process. The go command is
// in a process group of its own, which the signal of a terminal does not reach. It would go on alone,
// and write to the folder in which the next build may be under way.
func buildUntilSignal(ctx context.Context, o rewrite.Options) (*rewrite.Binary, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	built := make(chan struct{})
	stopped := make(chan os.Signal, 1)
	go func() {
		defer close(stopped)
		select {
		case s := <-signals:
			cancel()
			stopped <- s
		case <-built:
		}
	}()
	b, err := rewrite.Build(ctx, o)
	close(built)
	s, died := <-stopped
	signal.Stop(signals)
	if died {
		child.DieOf(s)
		return nil, errors.New("interrupted while the instrumented test was built")
	}
	return b, err
}

// buildTags returns the build tags that chose the files of this binary, separated by commas. The
// instrumented build needs the same ones.
func buildTags() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			return s.Value
		}
	}
	return ""
}

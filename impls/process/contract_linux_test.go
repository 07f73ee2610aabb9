package process_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/impls/process"
	"github.com/semabench/semabench/stress"
)

// The judges of one process: every clause, and random programs. Each wait goes through the kernel, so
// there are fewer programs than for semaphores of one process, unless -stress.ops says how many.
func TestContract(t *testing.T) {
	limitOps(t, 10000)
	client := impls.Impl{
		Name:    "jobserver-client",
		New:     func(size int64) impls.Semaphore { return newClient(t, size) },
		Waits:   impls.Elsewhere,
		MaxSize: process.MaxTokens,
	}
	for _, impl := range append(process.All(), client) {
		t.Run(impl.Name, func(t *testing.T) { stress.Run(t, impl) })
	}
}

// playFewer has random programs end after so many operations, unless a flag says when.
func limitOps(t *testing.T, ops int) {
	if flagsGiven["stress.ops"] {
		return
	}
	f := flag.Lookup("stress.ops")
	before := f.Value.String()
	must(t, f.Value.Set(itoa(ops)))
	t.Cleanup(func() { must(t, f.Value.Set(before)) })
}

// newClient returns a client of a jobserver of its own: one permit is in no pipe.
func newClient(t *testing.T, size int64) impls.Semaphore {
	if size < 1 {
		return must2(process.NewJobserver(size)) // a client is never without a permit
	}
	path := filepath.Join(t.TempDir(), "fifo")
	server := must2(process.ServeJobserver(path, size-1))
	sem := must2(process.JoinJobserver(fmt.Sprintf(" -j%d --jobserver-auth=fifo:%s", size, path)))
	return served{sem, server}
}

// served ends its server with itself.
type served struct {
	process.Semaphore
	server io.Closer
}

func (s served) Close() error { return errors.Join(s.Semaphore.Close(), s.server.Close()) }

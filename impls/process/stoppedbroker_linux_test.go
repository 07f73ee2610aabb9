package process_test

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"github.com/semabench/semabench/impls/process"
)

// A cancelled waiter returns even if the broker reads nothing, because it is stopped, and the
// socket's buffer is full.
func TestCancelWhileBrokerDoesNotRead(t *testing.T) {
	const waiters = 5000 // the socket's buffer takes a few hundred frames
	dir := t.TempDir()
	server := must2(process.ListenBroker(filepath.Join(dir, "broker"), 1))
	defer server.Close()
	path := filepath.Join(dir, "stopped")
	l := must2(net.Listen("unix", path))
	defer l.Close()
	go forwardHello(t.Context(), l, filepath.Join(dir, "broker"))
	sem := must2(process.DialBroker(path, 1))
	ctx, cancel := context.WithCancel(t.Context())
	var waiting, left sync.WaitGroup
	for range waiters {
		waiting.Add(1)
		left.Go(func() {
			waiting.Done()
			if err := sem.Acquire(ctx, 1); err != context.Canceled {
				t.Errorf("Acquire = %v, want %v", err, context.Canceled)
			}
		})
	}
	waiting.Wait()
	cancel()
	left.Wait()
	if err := sem.Close(); err != nil {
		t.Error(err)
	}
}

// forwardHello forwards the first frame of both sides, and then nothing until ctx is done.
func forwardHello(ctx context.Context, l net.Listener, broker string) {
	const frameBytes = 17
	client, err := l.Accept()
	if err != nil {
		return
	}
	server, err := net.Dial("unix", broker)
	if err != nil {
		return
	}
	_, _ = io.CopyN(server, client, frameBytes)
	_, _ = io.CopyN(client, server, frameBytes)
	<-ctx.Done()
	_, _ = client.Close(), server.Close()
}

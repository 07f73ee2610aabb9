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

// A broker that is stopped reads nothing, and the socket takes only so much. Whoever waits can leave
// all the same, and who releases does not wait.
func TestBrokerThatDoesNotRead(t *testing.T) {
	const waiters = 5000 // a socket takes some hundred frames
	dir := t.TempDir()
	server := must2(process.ListenBroker(filepath.Join(dir, "broker"), 1))
	defer server.Close()
	path := filepath.Join(dir, "frozen")
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

// greetOnly passes the first frame of both sides on, and then nothing until the test ends.
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

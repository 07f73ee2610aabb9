package process_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/semabench/semabench/impls/process"
)

// The line of the broker, over several connections: first come, first served. When somebody waits is
// observed, by the broker's own numbers.
func TestBrokerServesInOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broker")
	server, err := process.ListenBroker(path, 3)
	if err != nil {
		t.Fatal(err)
	}
	clients := make([]*process.Broker, 3)
	for i := range clients {
		if clients[i], err = process.DialBroker(path, 3); err != nil {
			t.Fatal(err)
		}
	}
	holder := clients[0]
	if err := holder.Acquire(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	served := queueUp(t, server, clients, 2, 1, 3, 1, 1, 2)
	if clients[1].TryAcquire(0) {
		t.Error("TryAcquire(0) = true past a line, want false")
	}
	for range 3 {
		holder.Release(1)
	}
	if request := all(served); !inOrder(request) {
		t.Errorf("served in the order %v, want 0 1 2 3 4 5 but for neighbours that fit together", request)
	}
	waitFor(t, func() bool { return server.Stats().Free == 3 })
	numbers, err := clients[2].Stats()
	if want := (process.Stats{Size: 3, Free: 3, Clients: 3, Granted: 7}); err != nil || numbers != want {
		t.Errorf("Stats = %+v, %v, want %+v", numbers, err, want)
	}
	for _, c := range clients {
		err = errors.Join(err, c.Close())
	}
	if err := errors.Join(err, server.Close()); err != nil {
		t.Error(err)
	}
}

// A broker that was held up does not hold it against those whom it could not hear: its offer stands.
func TestBrokerThatWasHeldUp(t *testing.T) {
	ours, theirs := net.Pipe()
	server := process.ServeClient(1, theirs)
	defer server.Close()
	const lease = 300 * time.Millisecond // more than it takes to say something on the slowest machine
	process.SetLease(server, lease)
	result := bufio.NewReader(ours)
	say := func(kind, id, n byte) {
		frame := make([]byte, process.FrameBytes)
		frame[0], frame[1], frame[9] = kind, id, n
		if _, err := ours.Write(frame); err != nil {
			t.Error(err)
		}
	}
	hear := func(want byte) {
		frame := make([]byte, process.FrameBytes)
		if _, err := io.ReadFull(result, frame); err != nil || frame[0] != want {
			t.Fatalf("the broker says %v, %v, want a frame of kind %d", frame, err, want)
		}
	}
	const hello, try, want, accept, release, yes, offer = 1, 2, 3, 4, 6, 8, 10
	if _, err := ours.Write(process.Hello); err != nil {
		t.Fatal(err)
	}
	hear(hello)
	say(try, 1, 1)
	hear(yes)
	say(want, 2, 1)
	waitFor(t, func() bool { return server.Stats().Waiting == 1 })
	say(release, 0, 1)
	hear(offer)
	process.Delay(server, 2*lease) // the offer expires meanwhile, and nobody can say so
	say(accept, 2, 0)
	hear(yes)
	if n := server.Stats().Withdrawn; n != 0 {
		t.Errorf("%d offers were withdrawn, want none", n)
	}
}

func all(served chan int) (request []int) {
	for range cap(served) {
		request = append(request, <-served)
	}
	return request
}

// inOrder allows that who fits together with the one before reports first.
func inOrder(request []int) bool {
	for i, mayBe := range [][]int{{0, 1}, {0, 1}, {2}, {3, 4}, {3, 4, 5}, {3, 4, 5}} {
		if !slices.Contains(mayBe, request[i]) {
			return false
		}
	}
	return true
}

// lineUp has clients wait by turns, each when the one before is in line, and tells their places in the
// order in which they are served.
func queueUp(t *testing.T, server *process.BrokerServer, clients []*process.Broker, weights ...int64) chan int {
	served := make(chan int, len(weights))
	for i, n := range weights {
		c := clients[i%len(clients)]
		go func() {
			if c.Acquire(context.Background(), n) == nil {
				served <- i
				c.Release(n)
			}
		}()
		waitFor(t, func() bool { return server.Stats().Waiting == int64(i+1) })
	}
	return served
}

func waitFor(t *testing.T, is func() bool) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); !is(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(until) {
			t.Fatal("it never was so")
		}
	}
}

// A process serves a semaphore at a path; this one and any other that dials it share its two permits.
func Example() {
	path := filepath.Join("/tmp", fmt.Sprintf("example-%d.sock", time.Now().UnixNano()))
	server, err := process.ListenBroker(path, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	sem, err := process.DialBroker(path, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sem.Close()
	fmt.Println(sem.Acquire(context.Background(), 2), sem.TryAcquire(1))
	sem.Release(2)
	fmt.Println(sem.TryAcquire(1))
	// Output:
	// <nil> false
	// true
}

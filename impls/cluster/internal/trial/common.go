package trial

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/impls/cluster"
)

// Common runs the tests that need nothing but an engine: no faults in the network, and no hooks.
func Common(t *testing.T, e cluster.Engine, maxSize int64) {
	t.Run("arguments", func(t *testing.T) { arguments(t, e, maxSize) })
	for name, test := range map[string]func(*testing.T, cluster.Engine){
		"names-do-not-meet": namesDoNotMeet, "close-during-acquire": closeDuringAcquire, "order-and-weights": orderAndWeights,
	} {
		t.Run(name, func(t *testing.T) { test(t, e) })
	}
}

// arguments checks that each argument out of range has an error of its own kind, and that the
// message names the value or the remedy. A ctx that is done must give its own error, before any
// request is sent: it is compared by == and not by errors.Is, as the contract promises ctx.Err() itself.
func arguments(t *testing.T, e cluster.Engine, maxSize int64) {
	ok := cluster.Options{TTL: 10 * time.Second}
	for _, c := range []struct {
		name  string
		size  int64
		o     cluster.Options
		cause error
		words string
	}{
		{"", 1, ok, cluster.ErrName, "1 to 512 bytes"},
		{"a\x00b", 1, ok, cluster.ErrName, "NUL"},
		{"\xff", 1, ok, cluster.ErrName, "UTF-8"},
		{strings.Repeat("x", 513), 1, ok, cluster.ErrName, "513 bytes"},
		{"n", -1, ok, cluster.ErrWeight, "size -1"},
		{"n", maxSize + 1, ok, cluster.ErrWeight, fmt.Sprintf("at most %d", maxSize)},
		{"n", 1, cluster.Options{}, cluster.ErrTTL, "set Options.TTL between 1s and 10m0s"},
		{"n", 1, cluster.Options{TTL: time.Hour}, cluster.ErrTTL, "1h0m0s"},
		{"n", 1, cluster.Options{TTL: -1}, cluster.ErrTTL, "set Options.TTL"},
	} {
		_, err := cluster.Open(t.Context(), e, c.name, c.size, c.o)
		WantError(t, err, c.cause, c.words)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := cluster.Open(done, e, "n", 1, ok); err != context.Canceled {
		t.Errorf("Open with a ctx that is done = %v", err)
	}
	s := Open(t, e, NewName(t), 2, 10*time.Second)
	if _, err := s.Acquire(done, 1); err != context.Canceled {
		t.Errorf("Acquire with a ctx that is done = %v", err)
	}
	for _, n := range []int64{0, -1} {
		_, err := s.Acquire(t.Context(), n)
		WantError(t, err, cluster.ErrWeight, "one permit or more")
	}
	if _, err := s.TryAcquire(t.Context(), 3); err != cluster.ErrNoPermit {
		t.Errorf("TryAcquire of more than the size = %v", err)
	}
	WantError(t, s.Resize(t.Context(), -1), cluster.ErrWeight, "size -1")
	WantError(t, s.Resize(t.Context(), maxSize+1), cluster.ErrWeight, fmt.Sprintf("at most %d", maxSize))
}

// Names that contain the parts of other keys are semaphores of their own. Each has the size 1, so
// if two names shared a key, the second would find the permit taken, or another size, or a grant in
// its queue.
func namesDoNotMeet(t *testing.T, e cluster.Engine) {
	base := NewName(t)
	for _, name := range []string{base, base + "/held", base + "/held/x", base + "/size", base + "%2Fheld", base + "/",
		base + " ü/..", base + "0"} {
		l := Acquire(t, Open(t, e, name, 1, 10*time.Second), 1)
		if l.Fences()[0].Slot != 0 {
			t.Errorf("%q: %v", name, l.Fences())
		}
	}
}

// closeDuringAcquire closes a session with a waiter in each of the three places in which a request
// can wait. All three calls must end, and nothing of them may stay in the queue.
func closeDuringAcquire(t *testing.T, e cluster.Engine) {
	name := NewName(t)
	holder, s := Open(t, e, name, 1, 10*time.Second), Open(t, e, name, 1, 10*time.Second)
	Acquire(t, holder, 1)
	result := make(chan error)
	for _, n := range []int64{1, 1, 2} { // first in line, behind it, larger than the size
		go func() {
			_, err := s.Acquire(t.Context(), n)
			result <- err
		}()
	}
	WaitersAre(t, holder, 2) // the third is outside the queue, which no statistics show
	Must(t, s.Close(t.Context()))
	for range 3 {
		WantError(t, <-result, cluster.ErrClosed)
	}
	WaitersAre(t, holder, 0)
	_, err := s.Acquire(t.Context(), 1)
	WantError(t, err, cluster.ErrClosed, "open a new session")
	Must(t, s.Close(t.Context()))
}

// Permits of large weights and of small ones are granted in the order of the requests. Requests
// alternate between two sessions, since the order within one session could come from a lock of its
// process.
func orderAndWeights(t *testing.T, e cluster.Engine) {
	name := NewName(t)
	a, b := Open(t, e, name, 10, 10*time.Second), Open(t, e, name, 10, 10*time.Second)
	held := Acquire(t, a, 8)
	weights := []int64{5, 1, 10, 2, 8}
	order := make(chan string, len(weights))
	var all sync.WaitGroup
	for i, n := range weights {
		s := []*cluster.Session{a, b}[i%2]
		all.Go(func() {
			l := Acquire(t, s, n)
			order <- fmt.Sprint(n)
			if err := l.Release(t.Context()); err != nil {
				t.Error(err)
			}
		})
		WaitersAre(t, a, int64(i+1)) // the next request starts only when this one is in the queue
	}
	Must(t, held.Release(t.Context()))
	got := ""
	for range weights {
		got += <-order + " "
	}
	all.Wait()
	// 5 and 1 fit together, as do 2 and 8, so each pair may come in either order.
	if first, rest := got[:4], got[4:]; first != "5 1 " && first != "1 5 " || rest != "10 2 8 " && rest != "10 8 2 " {
		t.Errorf("granted in the order %q, want %q", got, "5 1 10 2 8 ")
	}
}

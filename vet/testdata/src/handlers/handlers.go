package handlers

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/semaphore"
)

var sem = semaphore.NewWeighted(8)

func handler(w http.ResponseWriter, r *http.Request) {
	if err := sem.Acquire(context.Background(), 1); err != nil { // want `Acquire waits on after the client has gone`
		return
	}
	defer sem.Release(1)
}

func middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.TODO()
		if err := sem.Acquire(ctx, 1); err != nil { // want `Acquire waits on after the client has gone`
			return
		}
		defer sem.Release(1)
		next.ServeHTTP(w, r)
	})
}

// Correct neighbours.

func ofTheRequest(w http.ResponseWriter, r *http.Request) {
	if err := sem.Acquire(r.Context(), 1); err != nil {
		return
	}
	defer sem.Release(1)
}

func bounded(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := sem.Acquire(ctx, 1); err != nil {
		return
	}
	defer sem.Release(1)
}

// The goroutine outlives the request.
func inTheBackground(w http.ResponseWriter, r *http.Request) {
	go func() {
		if err := sem.Acquire(context.Background(), 1); err != nil {
			return
		}
		defer sem.Release(1)
	}()
}

func noHandler(r *http.Request) {
	_ = sem.Acquire(context.Background(), 1)
	sem.Release(1)
}

// Errors and ends of packages outside.
func outside(ctx context.Context, s *semaphore.Weighted, n int) error {
	if err := s.Acquire(ctx, 1); err != nil {
		return err
	}
	switch {
	case n < 0:
		return fmt.Errorf("%d", n) // want `this return keeps the permits`
	case n == 0:
		return http.ErrServerClosed // want `this return keeps the permits`
	case n == 1:
		log.Fatal(n)
	}
	s.Release(1)
	return nil
}

// ends does not go on: the branch ends the process.
func ends(ctx context.Context, s *semaphore.Weighted, work func()) {
	if err := s.Acquire(ctx, 1); err != nil {
		log.Fatal(err)
	}
	if s.Acquire(ctx, 1) != nil {
		os.Exit(1)
	}
	defer s.Release(2)
	work()
}

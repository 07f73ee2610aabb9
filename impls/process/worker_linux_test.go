package process_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/semabench/semabench/impls/process"
)

// A worker is a child that carries out many calls at once.
type worker struct {
	mu   sync.Mutex
	out  *json.Encoder
	last uint64
	asks map[uint64]chan answer
}

// An order is what a worker is told, an answer what it says in the end.
type order struct {
	ID, Semaphore uint64
	Verb          string
	N             int64
	What          string
}

type answer struct {
	ID   uint64
	Said string // ok, no, or what was wrong
}

func startWorker(t *testing.T) *worker {
	c := tryStart(t, "worker")
	w := &worker{out: json.NewEncoder(c.in), asks: map[uint64]chan answer{}}
	go w.listen(json.NewDecoder(c.out))
	return w
}

func (w *worker) ask(verb string, semaphore uint64, n int64, what string) answer {
	_, heard := w.send(verb, semaphore, n, what)
	return <-heard
}

func (w *worker) send(verb string, semaphore uint64, n int64, what string) (id uint64, heard chan answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last++
	heard = make(chan answer, 1)
	w.asks[w.last] = heard
	if err := w.out.Encode(order{w.last, semaphore, verb, n, what}); err != nil {
		heard <- answer{Said: err.Error()}
	}
	return w.last, heard
}

func (w *worker) cancel(id uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.out.Encode(order{ID: id, Verb: "cancel"}) // if the worker is gone, those who wait are told
}

func (w *worker) listen(in *json.Decoder) {
	for {
		var a answer
		err := in.Decode(&a)
		w.mu.Lock()
		if err != nil {
			for id, heard := range w.asks {
				heard <- answer{id, "the worker is gone: " + err.Error()}
			}
			w.mu.Unlock()
			return
		}
		heard := w.asks[a.ID]
		delete(w.asks, a.ID)
		w.mu.Unlock()
		heard <- a
	}
}

// beWorker is the child.
func beWorker() error {
	h := &hand{
		out:  json.NewEncoder(os.Stdout),
		open: map[uint64]process.Semaphore{},
		stop: map[uint64]context.CancelFunc{},
	}
	in := json.NewDecoder(os.Stdin)
	for {
		var o order
		if in.Decode(&o) != nil {
			return nil // nobody wants anything any more
		}
		h.begin(o)
	}
}

// A hand carries out orders.
type hand struct {
	mu   sync.Mutex
	out  *json.Encoder
	open map[uint64]process.Semaphore
	stop map[uint64]context.CancelFunc // of orders that run
}

func (h *hand) begin(o order) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if o.Verb == "cancel" {
		if stop := h.stop[o.ID]; stop != nil {
			stop()
		}
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	h.stop[o.ID] = cancel
	go func() {
		said := h.do(ctx, o)
		h.mu.Lock()
		defer h.mu.Unlock()
		cancel()
		delete(h.stop, o.ID)
		_ = h.out.Encode(answer{o.ID, said})
	}()
}

func (h *hand) do(ctx context.Context, o order) (said string) {
	defer func() {
		if r := recover(); r != nil {
			said = fmt.Sprint("panic: ", r)
		}
	}()
	h.mu.Lock()
	sem := h.open[o.Semaphore]
	h.mu.Unlock()
	var err error
	switch o.Verb {
	case "open":
		if sem, err = open(o.What); err == nil {
			h.mu.Lock()
			h.open[o.Semaphore] = sem
			h.mu.Unlock()
		}
	case "close":
		h.mu.Lock()
		delete(h.open, o.Semaphore)
		h.mu.Unlock()
		err = sem.Close()
	case "acquire":
		if err = sem.Acquire(ctx, o.N); err != nil {
			sem.TryAcquire(0) // a broker has read the cancellation when it answers this
		}
	case "try":
		if !sem.TryAcquire(o.N) {
			return "no"
		}
	case "release":
		sem.Release(o.N)
		sem.TryAcquire(0) // as above
	}
	if err != nil {
		return err.Error()
	}
	return "ok"
}

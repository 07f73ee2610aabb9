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
type executor struct {
	mu      sync.Mutex
	out     *json.Encoder
	last    uint64
	pending map[uint64]chan answer
}

// An order is what a worker is told, an answer what it says in the end.
type request struct {
	ID, Semaphore uint64
	Verb          string
	N             int64
	What          string
}

type answer struct {
	ID     uint64
	Result string // ok, no, or what was wrong
}

func startExecutor(t *testing.T) *executor {
	c := tryStart(t, "worker")
	w := &executor{out: json.NewEncoder(c.in), pending: map[uint64]chan answer{}}
	go w.listen(json.NewDecoder(c.out))
	return w
}

func (w *executor) ask(verb string, semaphore uint64, n int64, what string) answer {
	_, replied := w.send(verb, semaphore, n, what)
	return <-replied
}

func (w *executor) send(verb string, semaphore uint64, n int64, what string) (id uint64, replied chan answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last++
	replied = make(chan answer, 1)
	w.pending[w.last] = replied
	if err := w.out.Encode(request{w.last, semaphore, verb, n, what}); err != nil {
		replied <- answer{Result: err.Error()}
	}
	return w.last, replied
}

func (w *executor) cancel(id uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.out.Encode(request{ID: id, Verb: "cancel"}) // if the worker is gone, those who wait are told
}

func (w *executor) listen(in *json.Decoder) {
	for {
		var a answer
		err := in.Decode(&a)
		w.mu.Lock()
		if err != nil {
			for id, replied := range w.pending {
				replied <- answer{id, "the worker is gone: " + err.Error()}
			}
			w.mu.Unlock()
			return
		}
		replied := w.pending[a.ID]
		delete(w.pending, a.ID)
		w.mu.Unlock()
		replied <- a
	}
}

// beWorker is the child.
func executorMain() error {
	h := &callRunner{
		out:  json.NewEncoder(os.Stdout),
		open: map[uint64]process.Semaphore{},
		stop: map[uint64]context.CancelFunc{},
	}
	in := json.NewDecoder(os.Stdin)
	for {
		var o request
		if in.Decode(&o) != nil {
			return nil // nobody wants anything any more
		}
		h.begin(o)
	}
}

// A hand carries out orders.
type callRunner struct {
	mu   sync.Mutex
	out  *json.Encoder
	open map[uint64]process.Semaphore
	stop map[uint64]context.CancelFunc // of orders that run
}

func (h *callRunner) begin(o request) {
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
		result := h.do(ctx, o)
		h.mu.Lock()
		defer h.mu.Unlock()
		cancel()
		delete(h.stop, o.ID)
		_ = h.out.Encode(answer{o.ID, result})
	}()
}

func (h *callRunner) do(ctx context.Context, o request) (result string) {
	defer func() {
		if r := recover(); r != nil {
			result = fmt.Sprint("panic: ", r)
		}
	}()
	h.mu.Lock()
	sem := h.open[o.Semaphore]
	h.mu.Unlock()
	var err error
	switch o.Verb {
	case "open":
		if sem, err = openSpec(o.What); err == nil {
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

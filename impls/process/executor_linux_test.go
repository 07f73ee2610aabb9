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

// An executor is the parent's side of a child that carries out many calls at once. Parent and child
// exchange JSON over the child's standard input and output.
type executor struct {
	mu      sync.Mutex
	out     *json.Encoder
	lastID  uint64
	pending map[uint64]chan response
}

// A request is one call that the child is to make.
type request struct {
	ID, Semaphore uint64
	Verb          string
	N             int64
	Spec          string // of openSpec, if Verb is open
}

// A response is the result of one request: ok, no, or the text of an error or panic.
type response struct {
	ID     uint64
	Result string
}

func startExecutor(t *testing.T) *executor {
	c := tryStart(t, "executor")
	e := &executor{out: json.NewEncoder(c.in), pending: map[uint64]chan response{}}
	go e.receive(json.NewDecoder(c.out))
	return e
}

// call sends a request and waits for its response.
func (e *executor) call(verb string, semaphore uint64, n int64, spec string) response {
	_, replied := e.send(verb, semaphore, n, spec)
	return <-replied
}

// send sends a request. The channel delivers its response.
func (e *executor) send(
	verb string, semaphore uint64, n int64, spec string,
) (id uint64, replied chan response) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lastID++
	replied = make(chan response, 1)
	e.pending[e.lastID] = replied
	if err := e.out.Encode(request{e.lastID, semaphore, verb, n, spec}); err != nil {
		replied <- response{Result: err.Error()}
	}
	return e.lastID, replied
}

// cancel cancels the context of a request. An error means that the child has ended; then receive
// ends all requests.
func (e *executor) cancel(id uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = e.out.Encode(request{ID: id, Verb: "cancel"})
}

// receive delivers responses until the child ends.
func (e *executor) receive(in *json.Decoder) {
	for {
		var r response
		err := in.Decode(&r)
		e.mu.Lock()
		if err != nil {
			for id, replied := range e.pending {
				replied <- response{id, "the child has ended: " + err.Error()}
			}
			e.mu.Unlock()
			return
		}
		replied := e.pending[r.ID]
		delete(e.pending, r.ID)
		e.mu.Unlock()
		replied <- r
	}
}

// executorMain is the child's side: it reads requests until its standard input ends.
func executorMain() error {
	x := &childExecutor{
		out:    json.NewEncoder(os.Stdout),
		open:   map[uint64]process.Semaphore{},
		cancel: map[uint64]context.CancelFunc{},
	}
	in := json.NewDecoder(os.Stdin)
	for {
		var r request
		if in.Decode(&r) != nil {
			return nil // the parent has closed the input or ended
		}
		x.begin(r)
	}
}

// A childExecutor carries out requests, each in a goroutine of its own.
type childExecutor struct {
	mu     sync.Mutex
	out    *json.Encoder
	open   map[uint64]process.Semaphore
	cancel map[uint64]context.CancelFunc // of running requests
}

func (x *childExecutor) begin(r request) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if r.Verb == "cancel" {
		if cancel := x.cancel[r.ID]; cancel != nil {
			cancel()
		}
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	x.cancel[r.ID] = cancel
	go func() {
		result := x.do(ctx, r)
		x.mu.Lock()
		defer x.mu.Unlock()
		cancel()
		delete(x.cancel, r.ID)
		_ = x.out.Encode(response{r.ID, result})
	}()
}

// do carries out one request. After a release or a cancellation it calls TryAcquire(0). A broker
// answers that only after it has read the earlier frame, so the effect is complete when the
// response is sent.
func (x *childExecutor) do(ctx context.Context, r request) (result string) {
	defer func() {
		if p := recover(); p != nil {
			result = fmt.Sprint("panic: ", p)
		}
	}()
	x.mu.Lock()
	sem := x.open[r.Semaphore]
	x.mu.Unlock()
	var err error
	switch r.Verb {
	case "open":
		if sem, err = openSpec(r.Spec); err == nil {
			x.mu.Lock()
			x.open[r.Semaphore] = sem
			x.mu.Unlock()
		}
	case "close":
		x.mu.Lock()
		delete(x.open, r.Semaphore)
		x.mu.Unlock()
		err = sem.Close()
	case "acquire":
		if err = sem.Acquire(ctx, r.N); err != nil {
			sem.TryAcquire(0)
		}
	case "try":
		if !sem.TryAcquire(r.N) {
			return "no"
		}
	case "release":
		sem.Release(r.N)
		sem.TryAcquire(0)
	}
	if err != nil {
		return err.Error()
	}
	return "ok"
}

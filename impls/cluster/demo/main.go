// Demo lets ten worker processes take turns on one resource, by a semaphore of one permit that three
// etcd servers keep. One server is killed on the way. Everything runs on this machine, and nothing
// needs to be installed:
//
//	go run ./demo
//
// The program has three roles: the demo itself, which owns the resource; a worker; and an etcd
// server. Each is a process of its own, because the semaphore has to survive the death of a
// process. Goroutines of one process would die together.
//
// # What this does not show
//
// All processes share one clock, so no session ends too early or too late by a clock that runs
// fast. No worker is stopped past its TTL, so the guard of the resource has no request to refuse;
// the test scenario PausedHolder in impls/cluster/internal/trial does that.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/etcd"
)

const (
	// With ten workers and one permit, nine requests wait in the queue nearly all the time. So the
	// server is killed while the semaphore is under contention, the state in which a lost write
	// would grant the permit twice or to no worker.
	workers = 10
	turns   = 3

	// workerVariable makes a process a worker. Its value is the list of endpoints. An environment
	// variable and not an argument: the arguments stay free for the user of the command.
	workerVariable = "SEMABENCH_DEMO_WORKER"
)

func main() {
	// First, because etcd.Local starts this program again for each server, without workerVariable:
	// as the demo, such a process would start three servers of its own, and so on.
	etcd.ServeNode()
	run := demo
	if endpoints := os.Getenv(workerVariable); endpoints != "" {
		run = func() error { return work(strings.Split(endpoints, ",")) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// work takes the permit some times. While it has the permit it asks the resource, over standard output
// and input, to begin and to end.
func work(endpoints []string) error {
	// The demo takes some seconds. The bound of two minutes ends a worker that hangs, so that the
	// demo fails instead of waiting for ever.
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	engine, err := etcd.Dial(clientv3.Config{Endpoints: endpoints})
	if err != nil {
		return err
	}
	defer engine.Close()
	// The TTL is longer than the two remaining servers need to elect a leader, which is one to two
	// seconds with the timing of etcd.Local. With a shorter TTL the death of a server would end the
	// sessions of healthy workers.
	s, err := cluster.Open(ctx, engine, "demo", 1, cluster.Options{TTL: 10 * time.Second})
	if err != nil {
		return err
	}
	defer s.Close(ctx) // or etcd would keep the keys of the session for a TTL
	answers := bufio.NewReader(os.Stdin)
	for range turns {
		lease, err := s.Acquire(ctx, 1)
		if err != nil {
			return err
		}
		// Both requests carry the fence. If this process were stopped between them for longer than
		// the TTL, another worker would get the permit, and the guard would refuse “end” as well.
		for _, step := range []string{"begin", "end"} {
			f := lease.Fences()[0] // one permit, so one fence
			fmt.Println(step, f.Slot, f.Revision)
			if answer, err := answers.ReadString('\n'); err != nil || answer != "ok\n" {
				return fmt.Errorf("the resource answers %q, %v", answer, err)
			}
			// The work. It is far longer than a request to the resource, so if two workers had the
			// permit at once, their uses would overlap, and the resource would count that.
			time.Sleep(20 * time.Millisecond)
		}
		if err := lease.Release(ctx); err != nil {
			return err
		}
	}
	return nil
}

// A resource may be used by one worker at a time. It has a guard, and counts what the guard lets pass.
//
// The resource knows nothing of the semaphore. Its count is therefore evidence: if the engine
// granted the permit twice, there would be a use during another use, or a fence that the guard
// refuses.
type resource struct {
	guard cluster.Guard

	mu     sync.Mutex
	user   int // worker from 1 that uses the resource, 0 if none does
	uses   int
	wrong  int    // uses that began while another worker used the resource
	killAt func() // called once, at a third of the uses
}

// ask answers one request of a worker.
func (r *resource) ask(worker int, line string) string {
	var step string
	var f cluster.Fence
	if _, err := fmt.Sscan(line, &step, &f.Slot, &f.Revision); err != nil {
		return "what?"
	}
	// The guard comes before everything that the request changes. It needs no lock of the resource:
	// a fence that it has recorded stays recorded, and only the order of fences of one slot
	// matters.
	if err := r.guard.Check(f); err != nil {
		return err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if step == "end" {
		// The worker releases its permit only after this answer. So the next “begin” finds 0 here,
		// unless the permit was granted twice.
		r.user = 0
		return "ok"
	}
	r.uses++
	if r.user != 0 {
		r.wrong++
	}
	r.user = worker
	fmt.Printf("worker %2d uses the resource, fence: slot %d, revision %d\n", worker, f.Slot, f.Revision)
	// The worker waits for the answer, so the server dies while a permit is held and other requests
	// are in the queue. If the server was the leader, the other two elect a new one; nothing may be
	// lost.
	if r.uses == workers*turns/3 {
		r.killAt()
	}
	return "ok"
}

// demo starts the servers and the workers, and fails unless every turn was one use, one at a time.
func demo() error {
	// Three is the smallest number of servers of which one may die: the other two are a majority.
	nodes, err := etcd.Local(3)
	if err != nil {
		return err
	}
	defer nodes.Close()
	fmt.Println("three etcd servers run:", strings.Join(nodes.Endpoints(), " "))
	r := &resource{killAt: func() {
		fmt.Println("--- server 0 is killed; two of three are a quorum")
		_ = nodes.Kill(0)
	}}
	errs := make(chan error, workers) // room for all, so that no goroutine hangs after the first error
	for i := range workers {
		go func() { errs <- r.serve(i+1, nodes.Endpoints()) }()
	}
	for range workers {
		if err := <-errs; err != nil {
			return err
		}
	}
	// No lock: each goroutine sent to errs after its last call of ask, and all have sent.
	fmt.Printf("%d uses by %d processes, %d of them at the same time as another\n", r.uses, workers, r.wrong)
	if r.wrong > 0 || r.uses != workers*turns {
		return fmt.Errorf("want %d uses, one at a time", workers*turns)
	}
	return nil
}

// serve starts one worker and answers its requests until it ends.
//
// The worker talks to the resource over a pipe. If the demo dies, the system closes the pipe. The
// worker then reads the end of the file in place of an answer, and returns, so no process is left.
func (r *resource) serve(worker int, endpoints []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), workerVariable+"="+strings.Join(endpoints, ","))
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	// Wait comes after the last read: it closes the pipe, and lines that were not read would be
	// lost.
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, err := io.WriteString(in, r.ask(worker, lines.Text())+"\n"); err != nil {
			break // the worker has ended; Wait says why
		}
	}
	return c.Wait()
}

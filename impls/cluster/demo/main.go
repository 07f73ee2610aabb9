// Demo lets ten worker processes take turns on one resource, by a semaphore of one permit that three
// etcd servers keep. One server is killed on the way. Everything runs on this machine, and nothing
// needs to be installed:
//
//	go run ./demo
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
	workers = 10
	turns   = 3
	// workerVariable makes a process a worker. Its value is the list of endpoints.
	workerVariable = "SEMABENCH_DEMO_WORKER"
)

func main() {
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
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	engine, err := etcd.Dial(clientv3.Config{Endpoints: endpoints})
	if err != nil {
		return err
	}
	defer engine.Close()
	s, err := cluster.Open(ctx, engine, "demo", 1, cluster.Options{TTL: 10 * time.Second})
	if err != nil {
		return err
	}
	defer s.Close(ctx)
	answers := bufio.NewReader(os.Stdin)
	for range turns {
		lease, err := s.Acquire(ctx, 1)
		if err != nil {
			return err
		}
		for _, step := range []string{"begin", "end"} {
			f := lease.Fences()[0]
			fmt.Println(step, f.Slot, f.Revision)
			if answer, err := answers.ReadString('\n'); err != nil || answer != "ok\n" {
				return fmt.Errorf("the resource answers %q, %v", answer, err)
			}
			time.Sleep(20 * time.Millisecond) // the work
		}
		if err := lease.Release(ctx); err != nil {
			return err
		}
	}
	return nil
}

// A resource may be used by one worker at a time. It has a guard, and counts what the guard lets pass.
type resource struct {
	guard cluster.Guard

	mu     sync.Mutex
	user   int // worker, or 0
	uses   int
	wrong  int
	killAt func() // called once in the middle
}

func (r *resource) ask(worker int, line string) string {
	var step string
	var f cluster.Fence
	if _, err := fmt.Sscan(line, &step, &f.Slot, &f.Revision); err != nil {
		return "what?"
	}
	if err := r.guard.Check(f); err != nil {
		return err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if step == "end" {
		r.user = 0
		return "ok"
	}
	r.uses++
	if r.user != 0 {
		r.wrong++
	}
	r.user = worker
	fmt.Printf("worker %2d uses the resource, fence: slot %d, revision %d\n", worker, f.Slot, f.Revision)
	if r.uses == workers*turns/3 {
		r.killAt()
	}
	return "ok"
}

func demo() error {
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
	errs := make(chan error, workers)
	for i := range workers {
		go func() { errs <- r.serve(i+1, nodes.Endpoints()) }()
	}
	for range workers {
		if err := <-errs; err != nil {
			return err
		}
	}
	fmt.Printf("%d uses by %d processes, %d of them at the same time as another\n", r.uses, workers, r.wrong)
	if r.wrong > 0 || r.uses != workers*turns {
		return fmt.Errorf("want %d uses, one at a time", workers*turns)
	}
	return nil
}

// serve starts one worker and answers its requests until it ends.
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
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, err := io.WriteString(in, r.ask(worker, lines.Text())+"\n"); err != nil {
			break // the worker has ended; Wait says why
		}
	}
	return c.Wait()
}

package process_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/semabench/semabench/impls/process"
)

// This file is the child's side of child_linux_test.go.

// openSpec opens a semaphore that a string describes:
//
//	slots PATH SIZE, sysv PATH SIZE, broker PATH SIZE
//	jobserver PATH SIZE        as a client of the fifo
//	jobserver-server PATH SIZE, broker-server PATH SIZE   served by this process
//	bare PATH SIZE, echo PATH SIZE                        see floor_linux_test.go
//	slots-fd SIZE, jobserver-fd SIZE, broker-fd SIZE, sysv-id ID   inherited
//	broken=DEFECT SPEC         with a defect
//	nobody SPEC                as another user, without permissions
//	patient SPEC               slots whose waiters sleep until another process wakes them
func openSpec(spec string) (process.Semaphore, error) {
	first, rest, _ := strings.Cut(spec, " ")
	if defect, ok := strings.CutPrefix(first, "broken="); ok {
		sem, err := openSpec(rest)
		if err != nil {
			return nil, err
		}
		return process.WithDefect(defect, sem), nil
	}
	switch first {
	case "nobody":
		const uid = 65534
		err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(uid), syscall.Setuid(uid))
		if err != nil {
			return nil, err
		}
		return openSpec(rest)
	case "patient":
		sem, err := openSpec(rest)
		if err == nil {
			process.NeverRescan(sem.(*process.Slots))
		}
		return sem, err
	}
	f := strings.Fields(spec)
	size, err := strconv.ParseInt(f[len(f)-1], 10, 64)
	if err != nil {
		return nil, err
	}
	return openPath(first, f[1], size)
}

// openPath opens a semaphore at a path, or an inherited one, for which the path has no meaning.
func openPath(mechanism, path string, size int64) (process.Semaphore, error) {
	const inherited = 3
	switch mechanism {
	case "bare":
		return openBare(path)
	case "echo":
		return dialEcho(path)
	case "slots":
		return process.OpenSlots(path, size)
	case "sysv":
		return process.OpenSysV(path, size)
	case "broker":
		return process.DialBroker(path, size)
	case "jobserver-server":
		return process.ServeJobserver(path, size)
	case "broker-server":
		server, err := process.ListenBroker(path, size)
		if err != nil {
			return nil, err
		}
		sem, err := process.DialBroker(path, size)
		return withServer{sem, server}, err
	case "jobserver":
		return joinWithPermit(fmt.Sprintf("-j%d --jobserver-auth=fifo:%s", size+1, path))
	case "slots-fd":
		return process.InheritSlots(os.NewFile(inherited, "inherited slots"))
	case "broker-fd":
		return process.InheritBroker(os.NewFile(inherited, "inherited socket"))
	case "jobserver-fd":
		return joinWithPermit(fmt.Sprintf("-j%d --jobserver-auth=3,4", size+1))
	case "sysv-id":
		return process.JoinSysV(int(size))
	}
	return nil, fmt.Errorf("no mechanism %q", mechanism)
}

// joinWithPermit joins a jobserver and takes the client's implicit permit for good. In these tests
// no parent has acquired a permit for the client, so the implicit one would be one too many.
func joinWithPermit(makeflags string) (process.Semaphore, error) {
	s, err := process.JoinJobserver(makeflags)
	if err == nil {
		err = s.Acquire(context.Background(), 1)
	}
	if err != nil {
		return nil, err
	}
	return clientWithPermit{s}, nil
}

// A clientWithPermit releases the permit of joinWithPermit when it is closed.
type clientWithPermit struct{ *process.Jobserver }

func (c clientWithPermit) Close() error {
	c.Release(1)
	return c.Jobserver.Close()
}

// programs are the children that follow a fixed program. Children that make starts are among them,
// because the test has no connection to such a child.
var programs = map[string]func() error{
	"jobs":     jobsMain,
	"orphan":   orphanMain,
	"executor": executorMain,
}

// childMain is the main function of a child. It runs a program, or opens a semaphore and carries
// out commands, one a line:
//
//	acquire N, try N, release N    the methods; answers ok, no or an error
//	within MS N                    Acquire with a deadline
//	play SEED OPS                  see playProgram
//	stamp 1, pairs N, block N, bench MS     see the functions of benchmarks below
//	exec                           becomes another program in the same process
//
// It ends with its standard input, so no child outlives a parent that was killed.
func childMain(spec string) int {
	if run, ok := programs[spec]; ok {
		if err := run(); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			return 1
		}
		return 0
	}
	sem, err := openSpec(spec)
	if err != nil {
		fmt.Println(oneLine(err))
		return 1
	}
	fmt.Println("ok")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if in.Text() == "exec" {
			err := syscall.Exec("/proc/self/exe", os.Args[:1], os.Environ())
			fmt.Println(oneLine(err))
			continue
		}
		fmt.Println(runCommand(sem, in.Text()))
	}
	if err := sem.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	return 0
}

// runCommand carries out one command and returns the answer.
func runCommand(sem process.Semaphore, line string) (answer string) {
	defer func() {
		if r := recover(); r != nil {
			answer = fmt.Sprint("panic: ", r)
		}
	}()
	var verb string
	var n, m int64
	if k, _ := fmt.Sscan(line, &verb, &n, &m); k < 2 {
		return "cannot read " + line
	}
	var err error
	switch verb {
	case "acquire":
		err = sem.Acquire(context.Background(), n)
	case "within":
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(n)*time.Millisecond)
		defer cancel()
		err = sem.Acquire(ctx, m)
	case "try":
		if !sem.TryAcquire(n) {
			return "no"
		}
	case "release":
		sem.Release(n)
	case "play":
		return playProgram(sem, uint64(n), int(m))
	case "bench":
		return benchChild(sem, time.Duration(n)*time.Millisecond)
	case "stamp":
		return stampChild(sem)
	case "pairs":
		return pairsChild(sem, int(n))
	case "block":
		return blockChild(sem, int(n))
	default:
		return "no verb " + verb
	}
	if err != nil {
		return oneLine(err)
	}
	return "ok"
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// pairsChild acquires and releases a number of times, and answers how many nanoseconds that took.
func pairsChild(sem process.Semaphore, rounds int) string {
	began := clock()
	for range rounds {
		if err := sem.Acquire(context.Background(), 1); err != nil {
			return oneLine(err)
		}
		sem.Release(1)
	}
	return strconv.FormatInt(clock()-began, 10)
}

// stampChild acquires, and answers at what time Acquire returned.
func stampChild(sem process.Semaphore) string {
	if err := sem.Acquire(context.Background(), 1); err != nil {
		return oneLine(err)
	}
	at := clock()
	sem.Release(1)
	return strconv.FormatInt(at, 10)
}

// blockChild starts goroutines that wait until the process ends.
func blockChild(sem process.Semaphore, goroutines int) string {
	for range goroutines {
		go func() { _ = sem.Acquire(context.Background(), 1) }()
	}
	return "ok"
}

// benchChild acquires, holds and releases for a time, and answers how often.
func benchChild(sem process.Semaphore, d time.Duration) string {
	const hold = 20 * time.Microsecond
	rounds := 0
	for end := time.Now().Add(d); time.Now().Before(end); rounds++ {
		if err := sem.Acquire(context.Background(), 1); err != nil {
			return oneLine(err)
		}
		for began := time.Now(); time.Since(began) < hold; { // a sleep would take longer
		}
		sem.Release(1)
	}
	return strconv.Itoa(rounds)
}

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

// What children do: the other side of child_linux_test.go.

// A site is a semaphore that can be opened by what is written in a string.
//
//	slots PATH SIZE, sysv PATH SIZE, broker PATH SIZE
//	jobserver PATH SIZE      as a client of the fifo
//	jobserver-server PATH SIZE, broker-server PATH SIZE   served by this process
//	bare PATH SIZE, echo PATH SIZE   see floor_linux_test.go
//	slots-fd SIZE, jobserver-fd SIZE, broker-fd SIZE, sysv-id ID   inherited
//	broken=DEFECT SITE       with a defect
//	nobody SITE              by a user who owns nothing
//	patient SITE             slots whose waiters sleep until they are woken
func openSpec(what string) (process.Semaphore, error) {
	first, rest, _ := strings.Cut(what, " ")
	if defect, ok := strings.CutPrefix(first, "broken="); ok {
		sem, err := openSpec(rest)
		if err != nil {
			return nil, err
		}
		return process.WithDefect(defect, sem), nil
	}
	switch first {
	case "nobody":
		const nobody = 65534
		if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody)); err != nil {
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
	f := strings.Fields(what)
	size, err := strconv.ParseInt(f[len(f)-1], 10, 64)
	if err != nil {
		return nil, err
	}
	return openPath(first, f[1], size)
}

// openAt opens what has a path, or is inherited: then the path is not looked at.
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
		return served{sem, server}, err
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

// joinAsGuest takes the client's own permit, for which nobody has paid here, and keeps it.
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

// A guest closes what it has not been seen to take.
type clientWithPermit struct{ *process.Jobserver }

func (g clientWithPermit) Close() error {
	g.Release(1)
	return g.Jobserver.Close()
}

// Programs are for those whom make starts, and so cannot be told what to do.
var programs = map[string]func() error{
	"jobs":   jobsMain,
	"orphan": orphanMain,
	"worker": executorMain,
}

// beChild obeys line by line:
//
//	acquire N, try N, release N    as the methods; answers with ok, no or an error
//	within MS N                    acquire with a deadline
//	play SEED OPS                  see play
//	stamp 1, pairs N, block N, bench MS     for benchmarks
//	exec                           becomes another program, in the same process
//
// It ends with its standard input, so no child outlives a parent that was killed.
func childMain(what string) int {
	if run, ok := programs[what]; ok {
		if err := run(); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			return 1
		}
		return 0
	}
	sem, err := openSpec(what)
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
	default:
		return measure(sem, verb, n, m)
	}
	if err != nil {
		return oneLine(err)
	}
	return "ok"
}

// measure is what children do for a figure, and answer with it.
func measure(sem process.Semaphore, verb string, n, m int64) (answer string) {
	switch verb {
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
	}
	return "no verb " + verb
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

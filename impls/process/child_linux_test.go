package process_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/semabench/semabench/impls/process"
)

// Children are this test binary once more. One whose environment has childVar never runs tests: it
// opens the semaphore that the variable names and does what it is told on its standard input.
const childVar = "PROCESS_TEST_CHILD"

var runs = flag.Int("process.runs", 3, "how often make and its like are run with each number of jobs")

func TestMain(m *testing.M) {
	if what, ok := os.LookupEnv(childVar); ok {
		os.Exit(beChild(what))
	}
	flag.Parse()
	os.Exit(m.Run())
}

// A site is a semaphore that can be opened by what is written in a string.
//
//	slots PATH SIZE, sysv PATH SIZE, broker PATH SIZE
//	jobserver PATH SIZE      as a client of the fifo
//	slots-fd SIZE, jobserver-fd SIZE, broker-fd SIZE, sysv-id ID   inherited
//	broken=DEFECT SITE       with a defect
//	patient SITE             slots whose waiters sleep until they are woken
func open(what string) (process.Semaphore, error) {
	f := strings.Fields(what)
	size, err := strconv.ParseInt(f[len(f)-1], 10, 64)
	if err != nil {
		return nil, err
	}
	const inherited = 3
	first, rest, _ := strings.Cut(what, " ")
	if defect, ok := strings.CutPrefix(first, "broken="); ok {
		sem, err := open(rest)
		if err != nil {
			return nil, err
		}
		return process.Break(defect, sem), nil
	}
	switch first {
	case "patient":
		sem, err := open(rest)
		if err == nil {
			process.NeverLook(sem.(*process.Slots))
		}
		return sem, err
	case "slots":
		return process.OpenSlots(f[1], size)
	case "sysv":
		return process.OpenSysV(f[1], size)
	case "broker":
		return process.DialBroker(f[1], size)
	case "jobserver":
		return joinAsGuest(fmt.Sprintf("-j%d --jobserver-auth=fifo:%s", size+1, f[1]))
	case "slots-fd":
		return process.InheritSlots(os.NewFile(inherited, "inherited slots"))
	case "broker-fd":
		return process.InheritBroker(os.NewFile(inherited, "inherited socket"))
	case "jobserver-fd":
		return joinAsGuest(fmt.Sprintf("-j%d --jobserver-auth=3,4", size+1))
	case "sysv-id":
		return process.JoinSysV(int(size))
	}
	return nil, fmt.Errorf("no mechanism %q", f[0])
}

// joinAsGuest takes the client's own permit, for which nobody has paid here, and keeps it.
func joinAsGuest(makeflags string) (process.Semaphore, error) {
	s, err := process.JoinJobserver(makeflags)
	if err == nil {
		err = s.Acquire(context.Background(), 1)
	}
	if err != nil {
		return nil, err
	}
	return guest{s}, nil
}

// A guest closes what it has not been seen to take.
type guest struct{ *process.Jobserver }

func (g guest) Close() error {
	g.Release(1)
	return g.Jobserver.Close()
}

// beChild obeys line by line:
//
//	acquire N, try N, release N    as the methods; answers with ok, no or an error
//	within MS N                    acquire with a deadline
//	play SEED OPS                  see play
//	exec                           becomes another program, in the same process
//
// It ends with its standard input, so no child outlives a parent that was killed.
func beChild(what string) int {
	if what == "jobs" {
		if err := beClient(); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			return 1
		}
		return 0
	}
	sem, err := open(what)
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
		fmt.Println(obey(sem, in.Text()))
	}
	if err := sem.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	return 0
}

func obey(sem process.Semaphore, line string) (answer string) {
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
		return play(sem, uint64(n), int(m))
	case "bench":
		return benchChild(sem, time.Duration(n)*time.Millisecond)
	default:
		err = errors.New("no verb " + verb)
	}
	if err != nil {
		return oneLine(err)
	}
	return "ok"
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// A child is told from here what to do.
type child struct {
	t      testing.TB
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	killed bool
}

// start returns a child that has opened what is to be opened. It is gone when the test is.
func start(t testing.TB, what string, inherited ...*os.File) *child {
	t.Helper()
	c := tryStart(t, what, inherited...)
	if got := c.answer(); got != "ok" {
		t.Fatalf("a child that opens %q says %q", what, got)
	}
	return c
}

func tryStart(t testing.TB, what string, inherited ...*os.File) *child {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childVar+"="+what,
		"GORACE=atexit_sleep_ms=0") // by default each takes a second to end
	cmd.ExtraFiles = inherited
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: cmd, in: in, out: bufio.NewReader(out)}
	t.Cleanup(c.end)
	return c
}

func (c *child) tell(format string, args ...any) {
	if _, err := fmt.Fprintf(c.in, format+"\n", args...); err != nil {
		c.t.Errorf("telling a child: %v", err)
	}
}

// answer waits for the next line, for as long as nothing could take.
func (c *child) answer() string {
	line, ok := c.answerWithin(30 * time.Second)
	if !ok {
		c.t.Fatalf("a child has not answered for 30 s")
	}
	return line
}

func (c *child) answerWithin(d time.Duration) (string, bool) {
	said := make(chan string, 1)
	go func() {
		line, err := c.out.ReadString('\n')
		if err != nil {
			line = "gone: " + err.Error()
		}
		said <- strings.TrimSuffix(line, "\n")
	}()
	select {
	case line := <-said:
		return line, true
	case <-time.After(d):
		return "", false
	}
}

func (c *child) do(format string, args ...any) string {
	c.tell(format, args...)
	return c.answer()
}

// must is do for what has to succeed.
func (c *child) must(format string, args ...any) {
	c.t.Helper()
	if got := c.do(format, args...); got != "ok" {
		c.t.Fatalf("child: %s: %s, want ok", fmt.Sprintf(format, args...), got)
	}
}

func (c *child) signal(s os.Signal) {
	if err := c.cmd.Process.Signal(s); err != nil {
		c.t.Errorf("signal %v: %v", s, err)
	}
}

// kill is kill -9. The child stays a zombie until the test ends, as it does of a parent that is busy.
func (c *child) kill() {
	c.signal(syscall.SIGKILL)
	c.killed = true
}

func (c *child) end() {
	_ = c.in.Close()
	_ = c.cmd.Process.Signal(syscall.SIGCONT)
	ended := make(chan error, 1)
	go func() { ended <- c.cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil && !c.killed {
			c.t.Errorf("a child ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		_ = c.cmd.Process.Kill()
		<-ended
		c.t.Error("a child had to be killed in the end")
	}
}

// mustBe waits until the kernel says that the child is in a state, by its letter in proc(5).
func (c *child) mustBe(state byte) {
	c.t.Helper()
	c.eventually("is in state "+string(state), func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
		after := strings.LastIndexByte(string(stat), ')') + 2
		return err == nil && after < len(stat) && stat[after] == state
	})
}

func (c *child) eventually(what string, is func() bool) {
	c.t.Helper()
	eventually(c.t, what, is)
}

// eventually looks until it is so. What another process does cannot be waited for in another way.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); !is(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(until) {
			t.Fatalf("it never was so that it %s", what)
		}
	}
}

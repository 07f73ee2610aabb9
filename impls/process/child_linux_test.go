package process_test

import (
	"bufio"
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
)

// A child is this test binary, started again with childVar in its environment. It runs no tests. It
// opens the semaphore that the variable describes, and carries out the commands that it reads
// from its standard input. See childmain_linux_test.go for the child's side.
const childVar = "PROCESS_TEST_CHILD"

var runs = flag.Int("process.runs", 0,
	"how often make and cargo run with each number of jobs; 0 means 1, or 3 with SEMABENCH_LONG=1")

var flagsGiven = map[string]bool{}

func TestMain(m *testing.M) {
	if spec, ok := os.LookupEnv(childVar); ok {
		os.Exit(childMain(spec))
	}
	flag.Parse()
	flag.Visit(func(f *flag.Flag) { flagsGiven[f.Name] = true })
	skipLongClauses()
	os.Exit(m.Run())
}

// A child is the parent's side.
type child struct {
	t      testing.TB
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	killed bool // the child may end with an error
	ended  bool
}

// start returns a child that has opened the semaphore of a spec. The child ends with the test.
func start(t testing.TB, spec string, inherited ...*os.File) *child {
	t.Helper()
	c := tryStart(t, spec, inherited...)
	if got := c.answer(); got != "ok" {
		t.Fatalf("a child that opens %q answers %q, want ok", spec, got)
	}
	return c
}

// tryStart returns a child whose first answer is still to be read: ok, or the error of opening.
func tryStart(t testing.TB, spec string, inherited ...*os.File) *child {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childVar+"="+spec,
		"GORACE=atexit_sleep_ms=0") // by default a child takes a second to end
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

// tell sends a command without waiting for the answer.
func (c *child) tell(format string, args ...any) {
	if _, err := fmt.Fprintf(c.in, format+"\n", args...); err != nil {
		c.t.Errorf("sending a command to a child: %v", err)
	}
}

// answer waits for the next line of the child. No command takes longer than the limit.
func (c *child) answer() string {
	line, ok := c.answerWithin(30 * time.Second)
	if !ok {
		c.t.Fatalf("a child has not answered for 30 s")
	}
	return line
}

func (c *child) answerWithin(d time.Duration) (string, bool) {
	answered := make(chan string, 1)
	go func() {
		line, err := c.out.ReadString('\n')
		if err != nil {
			line = "gone: " + err.Error()
		}
		answered <- strings.TrimSuffix(line, "\n")
	}()
	select {
	case line := <-answered:
		return line, true
	case <-time.After(d):
		return "", false
	}
}

// do sends a command and waits for the answer.
func (c *child) do(format string, args ...any) string {
	c.tell(format, args...)
	return c.answer()
}

// must sends a command that has to succeed.
func (c *child) must(format string, args ...any) {
	c.t.Helper()
	if got := c.do(format, args...); got != "ok" {
		c.t.Fatalf("child: %s: %s, want ok", fmt.Sprintf(format, args...), got)
	}
}

func (c *child) signal(s os.Signal) {
	if err := c.cmd.Process.Signal(s); err != nil {
		c.t.Errorf("sending signal %v to a child: %v", s, err)
	}
}

// kill sends SIGKILL. The child stays a zombie until the test ends, like the child of a parent
// that has no time to wait for it.
func (c *child) kill() {
	c.signal(syscall.SIGKILL)
	c.killed = true
}

// end closes the child's input and waits for its end.
func (c *child) end() {
	if c.ended {
		return
	}
	c.ended = true
	_ = c.in.Close()
	_ = c.cmd.Process.Signal(syscall.SIGCONT) // a stopped child could not end
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
		c.t.Error("a child did not end within 10 s after its input was closed")
	}
}

// mustWait returns when the child is blocked: all its threads sleep, and none has run during five
// polls in a row. A thread that was woken and waits for a processor does not count as sleeping.
func (c *child) mustWait() {
	c.t.Helper()
	const polls = 5
	last, same := "", 0
	c.eventually("is blocked", func() bool {
		now, asleep := c.schedules()
		if now != last || !asleep {
			last, same = now, 0
		}
		same++
		return same > polls
	})
}

// schedules returns the scheduler statistics of all threads of the child, which change whenever a
// thread runs, and whether all threads sleep.
func (c *child) schedules() (all string, asleep bool) {
	dir := "/proc/" + strconv.Itoa(c.cmd.Process.Pid) + "/task/"
	threads, err := os.ReadDir(dir)
	if err != nil {
		return err.Error(), false
	}
	asleep = true
	for _, thread := range threads {
		ran, _ := os.ReadFile(dir + thread.Name() + "/schedstat")
		all += string(ran)
		asleep = asleep && stateOf(dir+thread.Name()) == 'S'
	}
	return all, asleep
}

// stateOf returns the state letter of proc(5) for the process or thread with a folder in /proc, or
// 0 if it has ended.
func stateOf(dir string) byte {
	stat, _ := os.ReadFile(dir + "/stat")
	after := strings.LastIndexByte(string(stat), ')') + 2
	if after >= len(stat) {
		return 0
	}
	return stat[after]
}

// mustBe waits until the child has a state of proc(5).
func (c *child) mustBe(state byte) {
	c.t.Helper()
	c.eventually("is in state "+string(state), func() bool {
		return stateOf("/proc/"+strconv.Itoa(c.cmd.Process.Pid)) == state
	})
}

func (c *child) eventually(what string, condition func() bool) {
	c.t.Helper()
	eventually(c.t, what, condition)
}

// eventually polls a condition. The conditions are about other processes, which this process cannot
// wait for in any other way.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	const limit = 20 * time.Second
	for end := time.Now().Add(limit); !condition(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatalf("after %v it is not true that the process %s", limit, what)
		}
	}
}

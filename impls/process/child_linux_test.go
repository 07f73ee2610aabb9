package process_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Children are this test binary once more. One whose environment has childVar never runs tests: it
// opens the semaphore that the variable names and does what it is told on its standard input.
const childVar = "PROCESS_TEST_CHILD"

var runs = flag.Int("process.runs", 3, "how often make and its like are run with each number of jobs")

var flagsGiven = map[string]bool{}

func TestMain(m *testing.M) {
	if what, ok := os.LookupEnv(childVar); ok {
		os.Exit(childMain(what))
	}
	flag.Parse()
	flag.Visit(func(f *flag.Flag) { flagsGiven[f.Name] = true })
	os.Exit(m.Run())
}

// A child is told from here what to do.
type child struct {
	t      testing.TB
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	killed bool
	ended  bool
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
	result := make(chan string, 1)
	go func() {
		line, err := c.out.ReadString('\n')
		if err != nil {
			line = "gone: " + err.Error()
		}
		result <- strings.TrimSuffix(line, "\n")
	}()
	select {
	case line := <-result:
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
	if c.ended {
		return
	}
	c.ended = true
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

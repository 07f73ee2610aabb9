package parallel

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/semabench/semabench/impls"
)

// childVar tells a process that it is a child, and what to do. It is a variable because the flags of
// a program belong to the program.
const childVar = "SEMABENCH_PARALLEL_CHILD"

// A request is what a child is asked for.
type request struct {
	Role     role
	Work     string
	Mode     Mode
	Workers  int
	Permits  int64
	Tasks    int
	Bytes    int           // of a task
	Latency  time.Duration // of the resource, or of the server
	Seed     uint64
	URL      string   // of the server
	File     readFile // to read
	Impl     string   // semaphore of goroutines
	Process  string   // semaphore of processes
	Path     string   // where the latter is
	Timed    bool     // each task, from when it was handed out
	Observed bool     // each task tells when it was inside
}

type role string

const (
	sampling role = "sample" // takes a sample, and starts workers for it
	working  role = "worker" // does tasks that come on its standard input
	serving  role = "server" // answers HTTP
)

// A Mode is a way to do several tasks. Package doc says what each is.
type Mode string

// The modes, in the order of tables.
const (
	Serial         Mode = "serial"
	OneCore        Mode = "one-core"
	Goroutines     Mode = "goroutines"
	Processes      Mode = "processes"
	ProcessPerTask Mode = "process-per-task"
)

// ChildMain does what this process was started for if it is a child, and never returns then. A program
// that calls [Run] calls it first, in main or TestMain, with the semaphores that Options may name:
// its children are the program itself.
func ChildMain(table ...impls.Impl) {
	text, isChild := os.LookupEnv(childVar)
	if !isChild {
		return
	}
	var r request
	err := json.Unmarshal([]byte(text), &r)
	if err == nil {
		err = r.serve(table)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", r.Role, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (r request) serve(table []impls.Impl) error {
	switch r.Role {
	case sampling:
		return r.serveSample(table)
	case working:
		return r.serveTasks()
	case serving:
		return r.serveHTTP()
	}
	return fmt.Errorf("%s names no role: %q", childVar, r.Role)
}

// command is this program once more, as a child with so many threads that run at once.
func (r request) command(procs int) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program to start it once more: %w", err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childVar+"="+string(text), fmt.Sprintf("GOMAXPROCS=%d", procs),
		"GORACE=atexit_sleep_ms=0") // with the race detector each would take a second to end
	cmd.Stderr = os.Stderr
	return cmd, nil
}

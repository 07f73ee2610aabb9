package parallel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/semabench/semabench/internal/child"
)

// childVar is the environment variable that makes a process a child, with its spec as value. It is
// no flag: the flags of a program belong to the program. A variable also reaches ChildMain before
// the program parses its flags, and its value of some hundred bytes is far below any limit.
const childVar = "SEMABENCH_PARALLEL_CHILD"

// A spec says what a child process has to do. Its JSON form is the value of childVar.
//
// One type serves all roles. A sample passes its spec on to its workers with another role. A worker
// thus cannot disagree with its sample about the seed or the number of permits.
type spec struct {
	Role     role
	Work     string
	Mode     Mode
	Workers  int
	Permits  int64
	Tasks    int
	Bytes    int           // input of a task
	Latency  time.Duration // of the HTTP server, or of a stay at the resource
	Seed     uint64
	URL      string    // of the HTTP server
	File     inputFile // to read
	Impl     string    // name of the semaphore of goroutines
	Process  string    // name of the semaphore of processes
	Path     string    // of the semaphore of processes
	Timed    bool      // record how long each task took since it was handed out
	Observed bool      // record when each task was between Acquire and Release
}

// An inputFile is a file to read, and the way to read it.
type inputFile struct {
	Path string
	How  readMethod
}

// A readMethod says where the bytes of a read come from. It is the value of the configuration key
// files in the text, because reads from the cache wait for nothing: such a text says nothing about
// waiting, and must not be compared with a text of another method.
type readMethod string

const (
	direct  readMethod = "direct"  // the device, by O_DIRECT
	dropped readMethod = "dropped" // the device, because the cache was asked to drop each block
	cached  readMethod = "cached"  // the cache: no read waits
	memory  readMethod = "memory"  // a file system in memory: no read waits
)

// blockBytes is the size of a page, and a multiple of the block size that O_DIRECT requires on
// common devices.
const blockBytes = 4096

// A Mode is a way to do several tasks. The package documentation describes each.
type Mode string

// The modes, in the order of tables.
const (
	Serial         Mode = "serial"
	OneCore        Mode = "one-core"
	Goroutines     Mode = "goroutines"
	Processes      Mode = "processes"
	ProcessPerTask Mode = "process-per-task"
)

var allModes = []Mode{Serial, OneCore, Goroutines, Processes, ProcessPerTask}

// The works, as they appear in the names of rows.
const (
	workHash     = "hash"
	workCompress = "compress"
	workHTTP     = "http"
	workFiles    = "files"
	workGrain    = "grain"
	workMessages = "hand"
	workLimit    = "limit"
)

// A role is the part that a child process plays in a run.
type role string

const (
	roleSample role = "sample" // takes one sample, and starts workers for it
	roleWorker role = "worker" // does tasks that arrive on its standard input
	roleServer role = "server" // answers HTTP requests
)

// errNotAChild is returned when a child process does not follow the protocol. Typically the program
// runs its ordinary main, because it does not call ChildMain.
var errNotAChild = errors.New("the child process did not answer as one: its program has to call " +
	"parallel.ChildMain first, in main or TestMain")

// errStuck is the cause for ending a sample after its timeout. The processes of the sample then
// print their stacks before they end.
var errStuck = errors.New("the sample is stuck")

// command starts this program once more, as a child with this spec and GOMAXPROCS=procs.
//
// GOMAXPROCS is set in the environment and not by the child itself: the runtime of the child then
// starts with that number, and creates no threads for cores that it must not use.
func (s spec) command(ctx context.Context, procs int) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program to start it once more: %w", err)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	// Without the setting of GORACE, each process under the race detector takes a second to end.
	cmd.Env = append(os.Environ(), childVar+"="+string(text), fmt.Sprintf("GOMAXPROCS=%d", procs),
		"GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// groupCommand is command for a process group of its own. When ctx is done, the whole group is
// killed. If the cause is errStuck, its processes print their stacks first.
//
// Only the process of a sample and the server lead a group. Workers join the group of their
// sample, and die with it.
func (s spec) groupCommand(ctx context.Context, procs int) (*exec.Cmd, error) {
	cmd, err := s.command(ctx, procs)
	if err != nil {
		return nil, err
	}
	child.DumpOnDone(ctx, cmd, errStuck)
	return cmd, nil
}

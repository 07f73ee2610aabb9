package player

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/stress/explore/internal/observe"
	"github.com/semabench/semabench/stress/explore/internal/wire"
)

// A player must not outlive its parent, and a body may loop for ever. So a goroutine of its own reads
// the input: it learns that the parent has died, whatever the body does meanwhile.

// An incoming request, or the error that came in its place.
type incoming struct {
	wire.Request
	err error
}

// parentID is the process that started this one: a process whose parent has died gets another one. Both
// values are read at the start, because a body may change the environment.
var parentID, scratch = startedBy(), os.Getenv(wire.ScratchVar)

// startedBy returns the process ID that the parent has left in the environment. In a process that is no
// player it returns the parent of now.
func startedBy() int {
	if id, err := strconv.Atoi(os.Getenv(wire.ParentVar)); err == nil {
		return id
	}
	return os.Getppid()
}

// orphanPoll is the time between two looks at the parent.
const orphanPoll = 50 * time.Millisecond

// readRequests sends the requests of the parent, and closes the channel at the end of the input. It
// then waits for the end of this process. A parent that lives closes the input and waits, and it
// kills a player that takes too long. A parent that has died does neither.
func readRequests(to chan<- incoming) {
	go endWithParent()
	for lines := json.NewDecoder(requests); ; {
		var in incoming
		if in.err = lines.Decode(&in.Request); errors.Is(in.err, io.EOF) {
			break
		}
		if to <- in; in.err != nil {
			break
		}
	}
	close(to)
	time.Sleep(orphanPoll)
	sayWhere()
	for {
		exitIfOrphan()
		time.Sleep(orphanPoll)
	}
}

// busy is set while a request is answered.
var busy atomic.Bool

// sayWhere tells the parent where the schedule is that is being played. The parent has given it up, and
// names the place.
func sayWhere() {
	if !busy.Load() || os.Getppid() != parentID {
		return
	}
	stacks := make([]byte, 1<<20)
	where, _ := observe.StalledAt(string(stacks[:runtime.Stack(stacks, true)]))
	if where != "" {
		_ = wire.WriteReply(replies, wire.Reply{At: where}) // the result does without if it fails
	}
}

// endWithParent holds a signal back that ends the process until the parent has had time to die of it.
//
// Ctrl-C and timeout(1) signal the parent and its players at once. If all died at once, the scratch
// folder would be left. If the parent lives on, the signal takes its course.
func endWithParent() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	s := <-signals
	for range 10 {
		exitIfOrphan()
		time.Sleep(orphanPoll)
	}
	signal.Stop(signals)
	child.DieOf(s)
}

// exitIfOrphan ends the process if its parent has died.
func exitIfOrphan() {
	if os.Getppid() != parentID {
		removeOrphanedScratch()
		os.Exit(1)
	}
}

// removeOrphanedScratch removes the scratch folder if the parent has died without doing so. Errors
// are ignored: another player may be removing it as well.
func removeOrphanedScratch() {
	if os.Getppid() == parentID || !strings.HasPrefix(filepath.Base(scratch), wire.ScratchPrefix) {
		return // the name is checked because an environment may hold anything
	}
	os.RemoveAll(scratch)
}

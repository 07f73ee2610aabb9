package parent

import (
	"encoding/json"
	"io"
	"os"
	"sync"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// EventsVar names the file to which an exploration appends events; see explore.EventsVar.
const EventsVar = "SEMABENCH_EXPLORE_EVENTS"

// An event is explore.Event as it is written: one line of JSON.
type event struct {
	Test      string
	Call      int `json:"Door"` // a former name, which readers of the lines know
	Doing     string
	Workers   int
	Schedules int
	Pruned    int
	Pairs     int
	Seconds   float64
	Result    *verdict.Result `json:",omitempty"`
}

// The phases of an exploration, in Event.Doing.
const (
	doingBuild   = "building"
	doingExplore = "exploring"
	doingFinish  = "finishing"
	doingNothing = "done" // with the result
)

// progressInterval is the time between two events. A terminal that is updated ten times a second
// looks live, and an event costs some microseconds.
const progressInterval = 100 * time.Millisecond

// A Progress writes the events of one exploration. A nil Progress writes nothing, which is the
// case unless a command has set EventsVar. Only the goroutine of the coordinator uses it, since
// it reads the coordinator's dispatcher.
type Progress struct {
	path  string
	last  event
	tasks *dispatcher
	began time.Time
}

// NewProgress returns the progress of the call'th exploration of a test.
func NewProgress(test string, call int) *Progress {
	path := os.Getenv(EventsVar)
	if path == "" {
		return nil
	}
	return &Progress{path: path, last: event{Test: test, Call: call}}
}

// Building writes that the instrumented test is being built.
func (p *Progress) Building() { p.write(doingBuild) }

// start notes that schedules are played by this many processes. Its first call starts the clock.
func (p *Progress) start(tasks *dispatcher, workers int) {
	if p == nil {
		return
	}
	if p.tasks == nil {
		p.began = time.Now()
	}
	p.tasks, p.last.Workers = tasks, workers
}

// end writes the result. Its report is left out: it is long, and the text shows it.
func (p *Progress) end(r *verdict.Result) {
	if p == nil {
		return
	}
	short := *r
	short.Story = nil
	p.last.Result = &short
	p.write(doingNothing)
}

// Joined writes the result of an exploration that was made up of several, whose own progress was
// not written.
func (p *Progress) Joined(r *verdict.Result, took time.Duration) {
	if p != nil {
		p.last.Schedules, p.last.Pruned, p.last.Seconds = r.Schedules, r.Pruned, took.Seconds()
		p.last.Workers = 1
		p.end(r)
	}
}

// write appends an event. Errors are ignored, because only the display depends on events; a command
// that misses the last event of an exploration says so. The file is opened for each event and one
// call writes it. With O_APPEND, events of several test binaries do not overwrite each other.
func (p *Progress) write(doing string) {
	if p == nil {
		return
	}
	e := p.last
	e.Doing = doing
	if p.tasks != nil {
		e.Schedules, e.Pruned = p.tasks.total.Played, p.tasks.total.Pruned
		e.Pairs, e.Seconds = len(p.tasks.pairs), time.Since(p.began).Seconds()
	}
	text, err := json.Marshal(e)
	if err != nil {
		return
	}
	f, err := os.OpenFile(p.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	defer f.Close()
	f.Write(append(text, '\n'))
}

// stdin is taken when the process starts, because a test may assign another file to os.Stdin.
var stdin = os.Stdin

// interrupted returns a channel that is closed when the command that shows the events closes the
// standard input of this process: the user interrupted it, or it has died. Without such a
// command the channel is nil. It is computed once in a process, as several explorations share
// one standard input.
var interrupted = sync.OnceValue(func() <-chan struct{} {
	if os.Getenv(EventsVar) == "" {
		return nil
	}
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		io.Copy(io.Discard, stdin)
	}()
	return stop
})

package explore

import (
	"encoding/json"
	"io"
	"os"
	"sync"
	"time"
)

// EventsVar names the file to which a process that explores appends an Event now and then, as a line
// of JSON, for a command that shows them. With it set, the process also stops when its standard input
// comes to its end: what was played until then is its result.
const EventsVar = "SEMABENCH_EXPLORE_EVENTS"

// An Event tells how far an exploration is.
type Event struct {
	Test      string
	Door      int    // of the test, from 1
	Doing     string // building, exploring, finishing or done
	Workers   int
	Schedules int // played so far
	Pruned    int
	Pairs     int
	Seconds   float64 // since the first schedule
	Result    *Result `json:",omitempty"` // of the last event of a door
}

const progressEvery = 100 * time.Millisecond

// A progress writes events. It may be nil.
type progress struct {
	path  string
	last  Event
	plan  *plan
	began time.Time
}

func newProgress(test string, door int) *progress {
	path := os.Getenv(EventsVar)
	if path == "" {
		return nil
	}
	return &progress{path: path, last: Event{Test: test, Door: door}}
}

// of says what is under way.
func (p *progress) of(plan *plan, workers int) {
	if p != nil {
		p.plan, p.last.Workers, p.began = plan, workers, time.Now()
	}
}

func (p *progress) show(doing string) {
	if p == nil {
		return
	}
	e := p.last
	e.Doing = doing
	if p.plan != nil {
		e.Schedules, e.Pruned, e.Pairs = p.plan.total.Played, p.plan.total.Pruned, len(p.plan.pairs)
		e.Seconds = time.Since(p.began).Seconds()
	}
	p.write(e)
}

func (p *progress) end(r *Result) {
	if p == nil {
		return
	}
	short := *r
	short.Story = nil // it is long, and said in Text
	p.last.Result = &short
	p.show("done")
}

// write appends an event. Nothing depends on it but what is shown: a command that misses the last one
// says so.
func (p *progress) write(e Event) {
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

// stopped returns a channel that is closed when whoever shows the events wants no more of them, or is
// dead; nil if nobody shows them.
var stopped = sync.OnceValue(func() <-chan struct{} {
	if os.Getenv(EventsVar) == "" {
		return nil
	}
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		io.Copy(io.Discard, heard)
	}()
	return stop
})

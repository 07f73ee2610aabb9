// Package parent is the process of an exploration that hands out work and merges the answers.
//
// It starts player processes, which play schedules, and gives each of them tasks:
//
//	e := &parent.Exploration{Binary: path, Test: "TestCounter", Call: 1}
//	result, err := e.Run(ctx, options, []string{""}, nil)
//
// The files go down in this order: coordinator.go talks to the players; within.go keeps the whole
// exploration within the time that go test leaves; process.go starts a player and
// reads its output; dispatcher.go makes the tasks and merges the answers; progress.go and race.go
// each add one thing, the events for a command and the report of the race detector.
//
// # What this does not do
//
// The parent plays no schedule, and is not instrumented. Verdicts and their words are in package
// verdict.
package parent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/internal/wire"
)

// An Exploration is one call of package explore in a test, which player processes play.
type Exploration struct {
	Binary string   // the instrumented test binary
	Dir    string   // where players run; "" is the current folder
	Test   string   // full name of the test
	Call   int      // which call of package explore in the test is meant, from 1
	Args   []string // further arguments of the test binary

	// Deadline is when go test ends this process, by its flag -timeout. The exploration comes to a
	// result before. The zero time means never.
	Deadline time.Time
}

// command returns the command of a player. Options are in JSON; raceLog is the prefix of the files
// to which the race detector writes.
//
// A player stays in the process group of this process. In a group of its own it would outlive
// Ctrl-C by the rest of its task, because it reads its input between tasks only.
func (e *Exploration) command(ctx context.Context, options, raceLog string) *exec.Cmd {
	args := append(slices.Clip(e.Args), "-test.run="+task.RunPattern(e.Test), "-test.count=1")
	cmd := exec.CommandContext(ctx, e.Binary, args...)
	cmd.Dir = e.Dir
	cmd.Env = append(os.Environ(),
		wire.OptionsVar+"="+options, wire.CallVar+"="+wire.CallName(e.Test, e.Call),
		wire.ScratchVar+"="+filepath.Dir(raceLog), fmt.Sprintf("%s=%d", wire.ParentVar, os.Getpid()),
		// The scheduler runs one goroutine at a time. With one processor, waking the next goroutine
		// takes no system call.
		"GOMAXPROCS=1",
		// The folders for the files of schedules are below. Run removes them at its end.
		"TMPDIR="+filepath.Dir(raceLog), "TMP="+filepath.Dir(raceLog), "TEMP="+filepath.Dir(raceLog),
		// By default the detector reports each race once in a process. Here every schedule that
		// shows a race has to report it.
		"GORACE=suppress_equal_stacks=0 suppress_equal_addresses=0 atexit_sleep_ms=0 "+
			`log_path="`+raceLog+`"`) // in quotes: the folder may have a comma or a blank in its name
	return cmd
}

// Run explores, and returns the result. Names are the names of the programs that the call explores,
// in its order; one program without siblings has the name "". An error means that there is no
// result, for example because a player died. Run starts the players and has ended all of them when
// it returns, on errors, too. An interruption by the user is no error: the result then says how far
// the exploration came. The end of ctx is an error.
func (e *Exploration) Run(
	ctx context.Context, o task.Options, names []string, p *Progress,
) (*verdict.Result, error) {
	stop := interrupted()
	select {
	case <-stop:
		return verdict.NotStarted(), nil
	default:
	}
	if o.Join != "" {
		return e.join(o, names, p)
	}
	within := newWithin(o.Time, e.Deadline)
	o.Time = within.explore
	options, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp("", wire.ScratchPrefix)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	c := &coordinator{
		exploration: e, options: string(options), raceLog: filepath.Join(scratch, "race"),
		stop: stop, progress: p, within: within, tasks: newDispatcher(o, len(names)),
		finders: map[*task.Finding]finder{},
		// Room for all replies and the end of every process, so that no reader ever blocks.
		messages: make(chan message, o.Workers*(tasksAhead+2)),
	}
	bounded, cancel := within.context(ctx)
	defer cancel()
	r, err := c.run(bounded, o, names)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		r, err = c.outOfTime(names), nil
	}
	if err == nil && o.Shard != "" {
		err = c.writeShard(o, names, r)
	}
	if err == nil {
		p.end(r)
	}
	return r, err
}

// writeShard writes the record of this shard. It is written for every result, so that a shard whose
// exploration ended early is told from a shard that never began.
func (c *coordinator) writeShard(o task.Options, names []string, r *verdict.Result) error {
	same, err := sameness(o, names)
	if err != nil {
		return err
	}
	record := &shardRecord{
		explorationKey: c.exploration.key(), Shard: o.Shard, Same: same, Known: c.known,
		Answers: c.tasks.shards.answers, Interrupted: r.Bound == verdict.BoundInterrupted, Result: r,
	}
	return record.write(o.ShardFile)
}

// A coordinator talks to the player processes of one exploration. Only the goroutine of Run touches
// it. One goroutine for each process reads replies and sends them to messages, so there is one
// place where everything arrives, in some order, and no lock.
type coordinator struct {
	exploration *Exploration
	options     string // as JSON
	raceLog     string
	stop        <-chan struct{} // closed when the user interrupts; may be nil
	progress    *Progress
	within      within
	hurry       bool // a process is late, so none is waited for

	processes []*process
	messages  chan message
	tasks     *dispatcher
	early     *task.Finding   // see prepare; nil if there is none
	known     *verdict.Result // before the first task; nil if tasks were needed
	finders   map[*task.Finding]finder
}

// A finder is the process that found a failure.
type finder struct {
	*process
	result *verdict.Result // set if the process has ended with the failure
}

// tasksAhead is the number of tasks that a process has at a time. It plays the first, and can begin
// the second without waiting for the parent. More would not help, and would be lost time after a
// failure: a process finishes the tasks that it has.
const tasksAhead = 2

// run explores and returns the result. It has three parts: prepare asks whether the program can be
// explored at all, playAll has all schedules played, and conclude makes the result. It ends all
// processes, also on an error.
func (c *coordinator) run(
	ctx context.Context, o task.Options, names []string,
) (*verdict.Result, error) {
	defer func() {
		if c.hurry {
			c.endAll(0)
		} else {
			c.endAll(endTimeout)
		}
	}()
	early, r, err := c.prepare(ctx, o)
	if err != nil || r != nil {
		c.known = r
		return r, err
	}
	if early != nil {
		c.finders[early] = finder{process: c.processes[0]}
		c.early = early
	}
	if c.tasks.late { // before the first task
		return c.counted(names, false).Result(), nil
	}
	c.progress.start(c.tasks, len(c.processes))
	wasInterrupted, err := c.playAll()
	var died *deathError
	if errors.As(err, &died) {
		r, err := c.died(ctx, died.err, wire.Request{Task: &died.task})
		if err == nil {
			c.tasks.shards.record(died.task, &task.Answer{Found: &task.Finding{What: r.What}})
		}
		return r, err
	}
	if err != nil {
		return nil, err
	}
	c.progress.write(doingFinish)
	found := c.tasks.found
	if found == nil {
		found = early
	}
	return c.conclude(ctx, c.counted(names, wasInterrupted), found)
}

// prepare starts one process and asks it whether the program can be explored, and then starts the
// others. A program that cannot be explored is thus told by one process and not by each.
//
// It returns the result if that is all, and otherwise the failure that the process came across
// before its first task, or nil. Such a failure counts only if the tasks find none.
func (c *coordinator) prepare(
	ctx context.Context, o task.Options,
) (early *task.Finding, r *verdict.Result, err error) {
	if err := c.start(ctx); err != nil {
		return nil, nil, err
	}
	first := c.processes[0]
	first.request(wire.Request{Prepare: true})
	m, cut := c.prepared(first, o.Time)
	switch {
	case cut:
		c.tasks.late, c.hurry = true, true
		return nil, nil, nil
	case m.err != nil:
		r, err = c.died(ctx, m.err, wire.Request{Prepare: true})
		return nil, r, err
	case m.Result != nil:
		r, err = c.withRace(m.Result, first)
		return nil, r, err
	}
	for len(c.processes) < o.Workers {
		if err := c.start(ctx); err != nil {
			return nil, nil, err
		}
	}
	if m.Answer != nil {
		early = m.Answer.Found
	}
	return early, nil, nil
}

// conclude returns the result of an exploration that has found a failure, or none if found is nil.
// A failure is minimised and described by the process that found it, and then played by a fresh
// one.
func (c *coordinator) conclude(
	ctx context.Context, exploration *verdict.Exploration, found *task.Finding,
) (*verdict.Result, error) {
	if found == nil {
		return exploration.Result(), nil
	}
	r, err := c.describe(found)
	if err != nil {
		return c.died(ctx, err, wire.Request{Describe: found})
	}
	if r.Verdict == verdict.Fail && r.Schedule != "" {
		if r, err = c.confirm(ctx, found, r); err != nil {
			return nil, err
		}
	}
	r.Schedules = found.Nth
	exploration.Count(r)
	return r, nil
}

// confirm has a fresh process play the schedule of a failure, and returns the answer to tell. A
// failure that does not come again depends on more than its schedule.
//
// A data race that is not seen again is told as well: the detector never reports a race that was not
// there, and may miss one. So is a failure that ends the process.
func (c *coordinator) confirm(
	ctx context.Context, found *task.Finding, r *verdict.Result,
) (*verdict.Result, error) {
	f := *found
	f.Schedule = r.Schedule // as it was minimised
	reply, err := c.askFresh(ctx, wire.Request{Confirm: &f})
	switch {
	case ctx.Err() != nil:
		return nil, err
	case err != nil, reply.Answer == nil, reply.Answer.Found != nil, f.What == verdict.DataRace:
		return r, nil
	}
	return verdict.NotAgain(&f, r.Story, reply.Result.Story), nil
}

// died returns the result after a process died of a request. A fresh process is asked the same. If
// the fresh process dies as well, the program ends its process by itself. Otherwise the death
// depends on more than the request, and the text of the verdict says so.
func (c *coordinator) died(
	ctx context.Context, died error, request wire.Request,
) (*verdict.Result, error) {
	if ctx.Err() != nil || errors.Is(died, errNothingPlayed) {
		return nil, died
	}
	reply, err := c.askFresh(ctx, request)
	switch {
	case ctx.Err() != nil:
		return nil, err
	case err == nil && request.Describe != nil && reply.Result != nil:
		return reply.Result, nil
	}
	return verdict.Died(died, err != nil), nil
}

// askFresh starts one more process and returns its reply to its first request. The other processes
// are asked to end. It has a channel of its own, because messages may still get the ends of the
// other processes.
func (c *coordinator) askFresh(ctx context.Context, request wire.Request) (wire.Reply, error) {
	for _, p := range c.processes {
		p.stdin.Close()
	}
	messages := make(chan message, tasksAhead+2)
	p, err := startProcess(ctx, c.exploration.command(ctx, c.options, c.raceLog), messages)
	if err != nil {
		return wire.Reply{}, err
	}
	c.processes = append(c.processes, p)
	p.request(request)
	m := c.await(messages)
	return m.Reply, m.err
}

// A deathError is the error for a process that died while it played a task. The task is needed to
// ask a fresh process the same.
type deathError struct {
	err  error
	task task.Task
}

func (e *deathError) Error() string { return e.err.Error() }

// start starts one more player. The players end with ctx, which kills them.
func (c *coordinator) start(ctx context.Context) error {
	cmd := c.exploration.command(ctx, c.options, c.raceLog)
	p, err := startProcess(ctx, cmd, c.messages)
	if err == nil {
		c.processes = append(c.processes, p)
	}
	return err
}

// playAll has the processes play all tasks, until a failure is found, the time is over or the user
// interrupts. Its loop hands out before it waits. So it ends when nothing was left to hand out and
// no answer is missing.
func (c *coordinator) playAll() (wasInterrupted bool, err error) {
	tick := time.NewTicker(progressInterval)
	defer tick.Stop()
	// An answer that comes later than this would change nothing: the result already says that the
	// time was over.
	cut := time.After(time.Until(c.tasks.deadline) + lateness)
	for {
		c.handOut()
		if c.tasks.found != nil || c.tasks.late || c.busy() == 0 {
			return false, nil
		}
		select {
		case <-c.stop:
			return true, nil
		case <-cut: // a process is in the middle of a step
			c.tasks.late, c.hurry = true, true
			return false, nil
		case <-tick.C:
			c.progress.write(doingExplore)
		case m := <-c.messages:
			// The process was playing its oldest task.
			if m.err != nil && !m.from.quit {
				if len(m.from.tasks) == 0 {
					return false, m.err
				}
				return false, &deathError{m.err, c.tasks.handedOut[m.from.tasks[0]]}
			}
			if m.err == nil {
				c.merge(m)
			}
		}
	}
}

// merge merges the answer to the oldest task of a process. A Result in the place of an answer comes
// from a process that ends because of this task: no other process can describe the failure. A
// process answers its tasks in the order in which it got them, because it plays them one after the
// other. So an answer needs no ID to be matched with its task here.
func (c *coordinator) merge(m message) {
	p := m.from
	id := p.tasks[0]
	p.tasks = p.tasks[1:]
	answer := m.Answer
	if m.Result != nil {
		p.quit, p.tasks = true, nil
		answer = &task.Answer{ID: id, Found: &task.Finding{}}
	}
	if answer.Found != nil {
		c.finders[answer.Found] = finder{p, m.Result}
	}
	c.tasks.merge(answer)
}

// busy counts the tasks that the processes have.
func (c *coordinator) busy() (n int) {
	for _, p := range c.processes {
		n += len(p.tasks)
	}
	return n
}

// handOut gives every process a task before it gives any a second one. So the work is spread before
// it is queued: with few tasks left, no process waits behind another.
func (c *coordinator) handOut() {
	for depth := 1; depth <= tasksAhead; depth++ {
		for _, p := range c.processes {
			if len(p.tasks) >= depth {
				continue
			}
			t, ok := c.tasks.next()
			if !ok {
				return
			}
			p.request(wire.Request{Task: &t})
			p.tasks = append(p.tasks, t.ID)
		}
	}
}

// describe has a failure minimised and described by the process that found it: that process has the
// race detector's reports, and its caches are warm. The other processes are asked to end. Replies
// of other processes are dropped. They were of later tasks and change nothing.
func (c *coordinator) describe(f *task.Finding) (*verdict.Result, error) {
	by := c.finders[f]
	if by.result != nil {
		return by.result, nil
	}
	for _, p := range c.processes {
		if p != by.process {
			p.stdin.Close()
		}
	}
	by.request(wire.Request{Describe: f, Seconds: c.describing()})
	for {
		m := c.await(c.messages)
		switch {
		case m.from != by.process: // finishes its last task, or has ended
		case m.err != nil:
			return nil, m.err
		case m.Result != nil:
			return c.withRace(m.Result, by.process)
		}
	}
}

// withRace adds the report of the race detector to a result that a process has described.
func (c *coordinator) withRace(r *verdict.Result, p *process) (*verdict.Result, error) {
	err := addRace(r, raceLog(c.raceLog, p.cmd.Process.Pid))
	if err == nil && withEngine(r) {
		return verdict.OfRefused("the explorer itself reads what the program writes: "+
			"under -race an assignment to a variable of the standard library is not under control", ""), nil
	}
	return r, err
}

// endAll ends all processes. Each ends by itself when its input is closed. A process that still
// runs after the given time is killed. It returns only when all processes have ended and their
// output was read, so that Run can remove their folder.
func (c *coordinator) endAll(within time.Duration) {
	for _, p := range c.processes {
		p.stdin.Close()
	}
	timeout, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	for _, p := range c.processes {
		select {
		case <-p.ended:
		case <-timeout.Done(): // stays closed, so it bounds the wait for all processes together
			p.cmd.Process.Kill()
			<-p.ended
		}
	}
}

// lateness is how much later than the deadline an answer may come. A player looks at the clock
// between two steps, so only a step that takes long is later.
const lateness = 600 * time.Millisecond

// endTimeout bounds the time in which a process ends: it finishes its task, and runs the cleanups
// of the test.
const endTimeout = 3 * time.Second

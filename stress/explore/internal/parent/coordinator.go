// Package parent is the process of an exploration that hands out work and merges the answers.
//
// It starts player processes, which play schedules, and gives each of them tasks:
//
//	e := &parent.Exploration{Binary: path, Test: "TestCounter", Call: 1}
//	result, err := e.Run(ctx, options, []string{""}, nil)
//
// The files go down in this order: coordinator.go talks to the players; joined.go and shardfile.go
// join and write the records of shards; exploration.go has the state that all of these share;
// within.go keeps the whole exploration within the time that go test leaves; dispatcher.go makes the
// tasks and merges the answers, and sharing.go knows which of them are of this shard; process.go
// starts a player and reads its output. progress.go and race.go each add one thing, the events for a
// command and the report of the race detector.
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
	"os"
	"path/filepath"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/internal/wire"
)

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
// A data race that is not seen again is reported as well: the detector never reports a race that was not
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
	case err != nil, reply.Answer == nil, f.What == verdict.DataRace && reply.Answer.Found == nil:
		return r, nil
	case reply.Answer.Found != nil:
		decide(r, c.askAgain(wire.Request{Decide: &f, Seconds: c.deciding()}))
		return r, nil
	}
	return verdict.NotAgain(&f, r.Story, reply.Result.Story), nil
}

// decide adds the decision to a failure, if the reply has one.
//
// A continuation may end the process, or loop without an operation. So the search for the decision is the
// last request of the last process, when the failure is known already.
func decide(r *verdict.Result, reply wire.Reply) {
	if r.Story == nil || reply.Result == nil || reply.Result.Decision == nil {
		return
	}
	r.Decision = reply.Result.Decision
	r.Story.Decide(r.Decision)
	r.Text = verdict.Render(r.Story)
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
	c.fresh = make(chan message, tasksAhead+2)
	p, err := startProcess(ctx, c.exploration.command(ctx, c.options, c.raceLog), c.fresh)
	if err != nil {
		return wire.Reply{}, err
	}
	c.processes = append(c.processes, p)
	p.request(request)
	m := c.await(c.fresh)
	return m.Reply, m.err
}

// askAgain returns the reply of the process of askFresh to one more request. The reply is empty if the
// process dies of it.
func (c *coordinator) askAgain(request wire.Request) wire.Reply {
	c.processes[len(c.processes)-1].request(request)
	return c.await(c.fresh).Reply
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

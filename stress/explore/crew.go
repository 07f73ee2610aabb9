package explore

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A crew explores in several processes.
type crew struct {
	job      *job
	mates    []*mate
	plan     *plan
	answers  chan said
	progress *progress
}

// said is what a mate said, or why it will say nothing more.
type said struct {
	by *mate
	reply
	err error
}

// A request is what a process is asked for: one of these.
type request struct {
	Task  *task  `json:",omitempty"`
	Tell  *found `json:",omitempty"`
	First bool   `json:",omitempty"` // a look at whether the program is fit to be explored, or a replay
}

// A reply is what it says. Result is the last one, if it is there.
type reply struct {
	Answer *answer `json:",omitempty"`
	Result *Result `json:",omitempty"`
}

// ahead is how many tasks a process has: one that it plays, and one that it then has at once.
const ahead = 2

// run explores, and returns what it came to.
func (c *crew) run(ctx context.Context, o Options, names []string) (*Result, error) {
	c.answers = make(chan said, o.Workers*(ahead+2)) // nobody has to wait who has gone
	defer c.dismiss()
	if err := c.hire(ctx); err != nil {
		return nil, err
	}
	first, err := c.ask(c.mates[0], request{First: true})
	if err != nil {
		return nil, err
	}
	if r := first.Result; r != nil {
		return r, c.job.addRaces(r, c.mates[0])
	}
	for len(c.mates) < o.Workers {
		if err := c.hire(ctx); err != nil {
			return nil, err
		}
	}
	c.plan = newPlan(o, len(names))
	c.progress.of(c.plan, len(c.mates))
	finder, interrupted, err := c.explore()
	if err != nil {
		return nil, err
	}
	c.progress.show("finishing")
	if c.plan.found == nil {
		return c.plan.passed(names, interrupted), nil
	}
	return c.tell(finder, c.plan.found)
}

func (c *crew) hire(ctx context.Context) error {
	m, err := c.job.start(ctx, c.answers)
	if err == nil {
		c.mates = append(c.mates, m)
	}
	return err
}

// ask asks a process that has nothing else to do.
func (c *crew) ask(m *mate, r request) (reply, error) {
	if err := m.send(r); err != nil {
		return reply{}, err
	}
	s := <-c.answers
	return s.reply, s.err
}

// explore plays the plan, and returns who found what the plan has found.
func (c *crew) explore() (finder *mate, interrupted bool, err error) {
	finders := map[*found]*mate{}
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		if err := c.handOut(); err != nil {
			return nil, false, err
		}
		if c.plan.found != nil || c.plan.late || c.busy() == 0 {
			return finders[c.plan.found], false, nil
		}
		select {
		case <-c.job.stop:
			return nil, true, nil
		case <-tick.C:
			c.progress.show("exploring")
		case s := <-c.answers:
			if s.err != nil && !s.by.gaveUp {
				return nil, false, s.err
			}
			if a := s.by.heard(s); a != nil {
				finders[a.Found] = s.by
				c.plan.take(a)
			}
		}
	}
}

// heard returns the answer to the task that a process has had longest.
func (m *mate) heard(s said) *answer {
	if s.err != nil {
		return nil
	}
	id := m.tasks[0]
	m.tasks = m.tasks[1:]
	if s.Result != nil { // nobody else can tell this
		m.gaveUp, m.tasks = true, nil
		return &answer{ID: id, Found: &found{Result: s.Result}}
	}
	return s.Answer
}

func (c *crew) busy() (n int) {
	for _, m := range c.mates {
		n += len(m.tasks)
	}
	return n
}

// handOut gives everybody something to do, if there is anything.
func (c *crew) handOut() error {
	for depth := 1; depth <= ahead; depth++ { // nobody a second task before all have a first
		for _, m := range c.mates {
			if len(m.tasks) >= depth {
				continue
			}
			t, ok := c.plan.next()
			if !ok {
				return nil
			}
			if err := m.send(request{Task: &t}); err != nil {
				return err
			}
			m.tasks = append(m.tasks, t.ID)
		}
	}
	return nil
}

// tell has a failure minimised and told by who found it.
func (c *crew) tell(finder *mate, f *found) (*Result, error) {
	if f.Result != nil {
		return c.plan.count(f.Result), nil
	}
	for _, m := range c.mates {
		if m != finder {
			m.in.Close()
		}
	}
	if err := finder.send(request{Tell: f}); err != nil {
		return nil, err
	}
	for {
		switch s := <-c.answers; {
		case s.by != finder: // it finishes what it had begun, or it has gone
		case s.err != nil:
			return nil, s.err
		case s.Result != nil:
			return c.plan.count(s.Result), c.job.addRaces(s.Result, finder)
		}
	}
}

// dismiss ends all processes. They do so on their own when nobody can ask them any more.
func (c *crew) dismiss() {
	for _, m := range c.mates {
		m.in.Close()
	}
	patience := time.After(grace)
	for _, m := range c.mates {
		select {
		case <-m.gone:
		case <-patience:
			m.cmd.Process.Kill()
			<-m.gone
		}
	}
}

// grace is how long a process may take for what it has begun, and for the cleanups of the test.
const grace = 3 * time.Second

var errNoResult = errors.New("the instrumented test came to no result")

func (m *mate) lost(err error) error {
	return fmt.Errorf("%w: %v\n%s", errNoResult, err, m.output.tail())
}

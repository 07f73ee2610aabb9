package parent

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// answerTo plays a task of a made-up program: a part is left over until it has been played by three
// tasks. The answer depends on nothing but the task, as the answers of players do.
func answerTo(t task.Task) *task.Answer {
	a := &task.Answer{ID: t.ID, Sums: task.Sums{Played: t.Schedules * len(t.Programs)}}
	if t.Part != nil && t.Age < 3 {
		a.Rest = &strategy.Part{Forks: []strategy.Fork{
			{Ways: []int{0, 1}}, {Ways: []int{0, 1}}, {Ways: []int{0}},
		}}
	}
	return a
}

// playWith plays all tasks with a number of processes whose answers come in a random order. It
// returns the tasks in the order in which they were handed out, and the dispatcher at its end.
func playWith(
	o task.Options,
	programs, processes int,
	seed uint64,
	answer func(task.Task) *task.Answer,
) (
	[]task.Task, *dispatcher,
) {
	r := rand.New(rand.NewPCG(seed, 0))
	d := newDispatcher(o, programs)
	var all, playing []task.Task
	for {
		for len(playing) < processes {
			t, ok := d.next()
			if !ok {
				break
			}
			t.Seconds = 0 // depends on the clock
			all, playing = append(all, t), append(playing, t)
		}
		if len(playing) == 0 || d.found != nil {
			return all, d
		}
		i := r.IntN(len(playing))
		d.merge(answer(playing[i]))
		playing = append(playing[:i], playing[i+1:]...)
	}
}

// With any number of processes, and in whatever order their answers come, the totals are the same.
func TestTotalsDoNotDependOnTheOrderOfAnswers(t *testing.T) {
	for name, o := range map[string]task.Options{
		"default": {Schedules: 4000}, "dfs": {Schedules: 900, Strategy: "dfs"},
		"random": {Schedules: 900, Strategy: "random"},
	} {
		o.Time = time.Hour
		for _, programs := range []int{1, 3} {
			_, want := playWith(o, programs, 1, 0, answerTo)
			for seed := range uint64(20) {
				_, got := playWith(o, programs, 1+int(seed%5), seed, answerTo)
				if got.total != want.total || !reflect.DeepEqual(got.programs, want.programs) {
					t.Errorf("%s, %d programs, seed %d: %+v, want %+v",
						name, programs, seed, got.total, want.total)
				}
			}
		}
	}
}

// If several answers hold a failure, the one of the earliest task is reported, whichever comes
// first.
func TestEarliestFailureIsReported(t *testing.T) {
	failing := func(t task.Task) *task.Answer {
		a := answerTo(t)
		if t.ID >= 4 {
			a.Found = &task.Finding{What: "found", Nth: t.ID}
		}
		return a
	}
	o := task.Options{Schedules: 900, Strategy: "random", Time: time.Hour}
	_, want := playWith(o, 1, 1, 0, failing)
	for seed := range uint64(20) {
		_, got := playWith(o, 1, 5, seed, failing)
		if got.found == nil || *got.found != *want.found {
			t.Errorf("seed %d: found %+v, want %+v", seed, got.found, want.found)
		}
	}
}

// Every part that is left over is handed out again, until a program has reached its bound.
func TestPartsAreHandedOutAgain(t *testing.T) {
	o := task.Options{Schedules: 1_000_000, Strategy: "dfs", Time: time.Hour}
	tasks, d := playWith(o, 1, 3, 1, answerTo)
	if d.programs[0].parts != 0 || d.programs[0].closed || len(tasks) < 5 {
		t.Errorf("%d parts left after %d tasks, closed: %v", d.programs[0].parts, len(tasks),
			d.programs[0].closed)
	}
	if e := d.exploration([]string{""}, false); e.Programs[0].Unplayed {
		t.Error("the exploration is not complete")
	}
	o.Schedules = 10
	if _, d = playWith(o, 1, 3, 1, answerTo); !d.programs[0].closed {
		t.Error("the bound on schedules did not close the program")
	}
}

// endlessTo answers as a player does whose program has long schedules: the others are cut off.
func endlessTo(t task.Task) *task.Answer {
	a := &task.Answer{ID: t.ID}
	switch {
	case t.Long:
		a.Sums = task.Sums{Played: t.Schedules, Longest: 300_000}
	default:
		a.Sums = task.Sums{Played: 2, Endless: 2, Longest: 100_000}
	}
	return a
}

// If every schedule is cut off at the bound on steps, long ones are played, of which the first shows the
// length. They alone count, and their number does not depend on the number of processes.
func TestLongSchedules(t *testing.T) {
	o := task.Options{Schedules: 40, Time: time.Hour}
	for seed := range uint64(10) {
		tasks, d := playWith(o, 1, 1+int(seed%5), seed, endlessTo)
		if want := (task.Sums{Played: 40, Longest: 300_000}); d.total != want || !d.long {
			t.Fatalf("%d processes: %+v, want %+v", 1+seed%5, d.total, want)
		}
		first := true
		for _, k := range tasks {
			if !k.Long {
				continue
			}
			if want := strategy.DefaultName; first && k.Strategy != want {
				t.Errorf("the first long schedule is %s, want %s", k.Strategy, want)
			}
			if !first && (k.Strategy != strategy.SparseName || k.Length != 300_000) {
				t.Errorf("%+v: want sparse schedules of the length of the first", k)
			}
			first = false
		}
		if e := d.exploration([]string{""}, false).Result(); e.Complete {
			t.Error("long schedules are complete")
		}
	}
}

// A program with one schedule that ends has no long ones, and neither has one whose author set the bound.
func TestNoLongSchedules(t *testing.T) {
	oneEnds := func(t task.Task) *task.Answer {
		a := endlessTo(t)
		a.Sums.Played++
		return a
	}
	if _, d := playWith(task.Options{Schedules: 40, Time: time.Hour}, 1, 2, 1, oneEnds); d.long {
		t.Error("long schedules are played although one ended")
	}
	o := task.Options{Schedules: 40, Steps: 1000, Time: time.Hour}
	if _, d := playWith(o, 1, 2, 1, endlessTo); d.long {
		t.Error("the bound of the options was exceeded")
	}
}

// No task is handed out after the deadline.
func TestDeadline(t *testing.T) {
	d := newDispatcher(task.Options{Schedules: 100, Time: -time.Second}, 1)
	if _, ok := d.next(); ok || !d.late {
		t.Errorf("a task was handed out: %v, late: %v", ok, d.late)
	}
}

// If a task finds that a program may tell goroutines apart that are alike, the whole tree is played once
// more without the rule, and only its classes count. The result does not depend on the processes, and
// shards join to it if every shard comes to the same.
func TestToldApart(t *testing.T) {
	telling := func(name string) func(task.Task) *task.Answer {
		return func(k task.Task) *task.Answer {
			a := uneven(0)(k)
			a.Sums.Alike = k.Part != nil && !k.Plain
			if a.Told = k.Name == name && !k.Plain; a.Told {
				a.Rest = nil
			}
			return a
		}
	}
	o := task.Options{Schedules: task.NoBound, Time: time.Hour, Strategy: "dpor"}
	for _, name := range []string{"tree 0.0", "tree 0.3", "tree 2.1"} {
		_, want := playWith(o, 1, 1, 0, telling(name))
		plain := 0
		for seed := range uint64(10) {
			tasks, d := playWith(o, 1, 1+int(seed%5), seed, telling(name))
			if d.total != want.total || d.total.Alike || d.programs[0].parts != 0 {
				t.Errorf("%s, seed %d: %+v, want %+v", name, seed, d.total, want.total)
			}
			classes := 0
			for _, k := range tasks {
				if k.Plain {
					classes += telling(name)(k).Sums.Classes
					plain++
				}
			}
			if d.total.Classes != classes {
				t.Errorf("%s, seed %d: %d classes, want the %d of plain tasks", name, seed, d.total.Classes, classes)
			}
		}
		if plain == 0 {
			t.Errorf("%s: nothing was played without the rule", name)
		}
		j := &joined{shards: []*shardRecord{shardOf(o, "1/2", 1, 1, telling(name)), shardOf(o, "2/2", 1, 2, telling(name))}}
		r := j.result(o, []string{""})
		if whole := name[5] == '0'; (r.Verdict == verdict.Pass) != whole || whole && r.Schedules != want.total.Played {
			t.Errorf("%s: the shards join to %s, %d schedules, want %d: %s", name, r.Verdict, r.Schedules, want.total.Played, r.Text)
		}
	}
}
